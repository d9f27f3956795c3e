"""Starts JupyterLab on the socket that the supervisor has opened.

It is run as `python -I`, so that nothing in a user's home changes how the server itself starts.
What it needs comes in these environment variables, which it takes away from its children:

LEDGERCLOUD_SOCKET_FD          number of the listening socket
LEDGERCLOUD_IDENTITY_KEY_FILE  32 bytes; removed once read
LEDGERCLOUD_NOTEBOOK           JSON: user, hub_origin, root_dir, kernel_transport, safe_mode
LEDGERCLOUD_CONTROL_FD         of a spare: number of the socket over which its user is told

A spare runs with an empty home until its user comes. It is then told the user's environment, in one
line of JSON, after the home has been put in its place, and answers "ok".
"""

import contextlib
import json
import os
import re
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
    listener = take_socket("LEDGERCLOUD_SOCKET_FD")
    listener.setblocking(False)
    control = take_socket("LEDGERCLOUD_CONTROL_FD") if "LEDGERCLOUD_CONTROL_FD" in os.environ else None
    key = take_key(Path(os.environ.pop("LEDGERCLOUD_IDENTITY_KEY_FILE")))

    if control is None and not settings["safe_mode"]:
        greet(Path(settings["root_dir"]))

    # Imported late: a failure above is reported at once and not after two seconds.
    from jupyter_core.application import NoStart
    from jupyter_server.serverapp import ServerApp
    from jupyterlab.labapp import LabApp
    from ledgercloud_identity import LedgerCloudIdentityProvider

    LedgerCloudIdentityProvider.key = key
    ServerApp._bind_http_server_unix = lambda app: serve_on(app, listener)
    app = LabApp.initialize_server(argv=arguments(settings))
    if control is not None:
        app.io_loop.add_handler(
            control, lambda *_: take_user(app, control, listener, key), app.io_loop.READ
        )
    with contextlib.suppress(NoStart):
        app.start()


def take_socket(variable):
    inherited = socket.socket(fileno=int(os.environ.pop(variable)))
    inherited.set_inheritable(False)
    return inherited


def take_user(app, control, listener, key):
    """The spare has become somebody's: their home is mounted, their names are in the message."""
    from nbformat.sign import NotebookNotary

    app.io_loop.remove_handler(control)
    with control.makefile("rw") as stream:
        line = stream.readline()
        if not line:
            return
        os.environ.update(json.loads(line))
        settings = json.loads(os.environ.pop("LEDGERCLOUD_NOTEBOOK"))
        home = Path(settings["root_dir"])
        keep_directories(home)
        # The old working directory is the empty home, beneath the one that is there now.
        os.chdir(home)
        greet(home)
        if has_settings_of_jupyter(home):
            # They are read only at a start. The socket stays: whoever asks meanwhile waits in it.
            stream.write("ok\n")
            stream.flush()
            start_again(settings, listener, key)
        for place in (app.tornado_settings, app.web_app.settings):
            place["user"] = settings["user"]
        app.web_app.settings["page_config_data"]["hubUser"] = settings["user"]
        # Opened in the old home, where it would get lost.
        app.contents_manager.notary = NotebookNotary(parent=app.contents_manager)
        stream.write("ok\n")


def keep_directories(home):
    """Makes in the home the directories that Jupyter has made for itself when it started."""
    for top, _, _ in os.walk("."):
        with contextlib.suppress(OSError):
            (home / top).mkdir(mode=0o700, exist_ok=True)


def has_settings_of_jupyter(home):
    names = re.compile(r"jupyter_(server_|lab_|notebook_)?config\.(py|json|d)")
    with contextlib.suppress(OSError):
        return any(names.fullmatch(name) for name in os.listdir(home / ".jupyter"))
    return False


def start_again(settings, listener, key):
    listener.set_inheritable(True)
    key_file = os.memfd_create("identity-key", 0)
    os.write(key_file, key)
    os.lseek(key_file, 0, os.SEEK_SET)
    environment = os.environ | {
        "LEDGERCLOUD_NOTEBOOK": json.dumps(settings),
        "LEDGERCLOUD_SOCKET_FD": str(listener.fileno()),
        "LEDGERCLOUD_IDENTITY_KEY_FILE": f"/proc/self/fd/{key_file}",
    }
    os.execve(sys.executable, [sys.executable, "-I", __file__], environment)


def take_key(path):
    key = path.read_bytes()
    # Of a start again it is not a file that could be removed, but one without a name.
    if path.is_relative_to("/proc/self/fd"):
        os.close(int(path.name))
    else:
        path.unlink()
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
