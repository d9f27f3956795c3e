"""Starts JupyterLab on the socket that the supervisor has opened.

It is run as `python -I`, so that nothing in a user's home changes how the server itself starts.
What it needs comes in these environment variables, which it takes away from its children:

LEDGERCLOUD_SOCKET_FD          number of the listening socket
LEDGERCLOUD_IDENTITY_KEY_FILE  32 bytes; removed once read
LEDGERCLOUD_NOTEBOOK           JSON: user, hub_origin, root_dir, kernel_transport, safe_mode
"""

import json
import os
import shutil
import socket
import sys
from pathlib import Path

FILES = Path(__file__).resolve().parent
sys.path.insert(0, str(FILES))

WELCOME = "Welcome"
WELCOME_MARK = ".local/share/ledgercloud/welcome"


def main():
    settings = json.loads(os.environ.pop("LEDGERCLOUD_NOTEBOOK"))
    listener = socket.socket(fileno=int(os.environ.pop("LEDGERCLOUD_SOCKET_FD")))
    listener.set_inheritable(False)
    listener.setblocking(False)
    key = take_key(Path(os.environ.pop("LEDGERCLOUD_IDENTITY_KEY_FILE")))

    if not settings["safe_mode"]:
        greet(Path(settings["root_dir"]))

    # Imported late: a failure above is reported at once and not after two seconds.
    from jupyter_server.serverapp import ServerApp
    from jupyterlab.labapp import LabApp
    from ledgercloud_identity import LedgerCloudIdentityProvider

    LedgerCloudIdentityProvider.key = key
    ServerApp._bind_http_server_unix = lambda app: serve_on(app, listener)
    LabApp.launch_instance(arguments(settings))


def take_key(path):
    key = path.read_bytes()
    path.unlink(missing_ok=True)
    if len(key) != 32:
        sys.exit("the identity key must have 32 bytes")
    return key


def serve_on(app, listener):
    """Jupyter would bind a path of its own; the hub has done that where users cannot write."""
    app.http_server.add_socket(listener)
    return True


def greet(home):
    """Copies the welcome folder into a new home, once: what a user deletes stays away."""
    mark = home / WELCOME_MARK
    if mark.exists():
        return
    try:
        # Everybody's own copy: the originals may be read-only, the copy must not be.
        for source in sorted((FILES / "welcome").glob("*.ipynb")):
            target = home / WELCOME / source.name
            target.parent.mkdir(exist_ok=True)
            if not target.exists():
                shutil.copyfile(source, target)
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
    except OSError as error:
        # A full home must not keep the server from starting.
        print(f"the welcome notebooks were not copied: {error}", file=sys.stderr)


def arguments(settings):
    """Flags override every configuration file, a user's own included."""
    from ledgercloud_kernels import EXPENDABLE

    tornado_settings = {
        "hub_prefix": "/hub/",
        "hub_host": settings["hub_origin"],
        "user": settings["user"],
        "headers": {"Content-Security-Policy": "frame-ancestors 'self'"},
    }
    shell = os.environ.get("SHELL", "/bin/sh")
    flags = {
        # Never opened (see serve_on), but it tells Jupyter not to look for a port.
        "ServerApp.sock": "inherited",
        "ServerApp.base_url": "/",
        "ServerApp.root_dir": settings["root_dir"],
        "ServerApp.open_browser": False,
        "ServerApp.quit_button": False,
        "ServerApp.allow_remote_access": True,
        "ServerApp.trust_xheaders": True,
        "ServerApp.allow_origin": "",
        "ServerApp.allow_origin_pat": "",
        "ServerApp.allow_credentials": False,
        "ServerApp.disable_check_xsrf": False,
        "ServerApp.allow_unauthenticated_access": False,
        "ServerApp.identity_provider_class": "ledgercloud_identity.LedgerCloudIdentityProvider",
        "ServerApp.tornado_settings": repr(tornado_settings),
        "ServerApp.terminado_settings": repr({"shell_command": [*EXPENDABLE, shell, "-l"]}),
        "FileContentsManager.delete_to_trash": False,
        "MappingKernelManager.kernel_manager_class": "ledgercloud_kernels.ExpendableKernelManager",
        "KernelManager.transport": settings["kernel_transport"],
        # What runs for its user is ended by the hub's pause ladder alone.
        "MappingKernelManager.cull_idle_timeout": 0,
        "TerminalManager.cull_inactive_timeout": 0,
        "ServerApp.shutdown_no_activity_timeout": 0,
        # Looking for language servers runs npm at each start; none is part of the environment.
        "LanguageServerManager.autodetect": False,
        # The server's own code is not for its user to replace.
        "LabApp.extension_manager": "readonly",
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
    }
    # Root it is only without a sandbox, which the operator has asked for.
    return [f"--{name}={value}" for name, value in flags.items()] + (
        ["--allow-root"] if os.getuid() == 0 else []
    )


if __name__ == "__main__":
    main()
