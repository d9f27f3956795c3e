"""Makes kernels, and not the server, the first to go when memory runs out."""

from jupyter_server.services.kernels.kernelmanager import ServerKernelManager

# Runs a command as one that the kernel of the operating system prefers to kill (proc(5),
# oom_score_adj). Shells and their children inherit it.
EXPENDABLE = ["/bin/sh", "-c", 'echo 800 >/proc/self/oom_score_adj; exec "$0" "$@"']


class ExpendableKernelManager(ServerKernelManager):
    """Starts every kernel, of whatever language, as an expendable process."""

    def format_kernel_cmd(self, extra_arguments=None):
        return EXPENDABLE + super().format_kernel_cmd(extra_arguments)
