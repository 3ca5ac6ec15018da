"""What code in the box may try, and must not achieve."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from activities.sandbox import SandboxResult

BoxedPython = Callable[..., Awaitable[SandboxResult]]
CANARY = "canary-4f1d77b2"

# Says BLOCKED with the reason when the attempt raised OSError, DONE when it went through.
HARNESS = """
import ctypes, errno, os, signal, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
def syscall(*arguments):
    if libc.syscall(*[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]) == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
def attempt():
{body}
try:
    found = attempt()
except OSError as error:
    print("BLOCKED", errno.errorcode.get(error.errno, error))
else:
    print("DONE", found)
"""


def harness(body: str) -> str:
    return HARNESS.replace("{body}", textwrap.indent(body, "    "))


FILES = {
    "home of root": "return os.listdir('/root')",
    "home folders": "return os.listdir('/home')",
    "host passwords": "return open('/etc/shadow').read()",
    "machine id": "return open('/etc/machine-id').read()",
    "run folder": "return os.listdir('/run/systemd')",
    "sysfs": "return os.listdir('/sys/kernel')",
    "variable data": "return os.listdir('/var/lib')",
    "memory device": "return open('/dev/mem', 'rb').read(1)",
    "kernel core": "return open('/proc/kcore', 'rb').read(1)",
    "disk": "return open('/dev/vda', 'rb').read(1)",
    "through process 1": "return os.listdir('/proc/1/root/root')",
    "dot dot": "return open('/box/../../../../etc/shadow').read()",
    "symlink to outside": "os.symlink('/root', '/box/link'); return os.listdir('/box/link')",
    "hard link to a program": "os.link('/usr/bin/env', '/box/env'); return 'linked'",
    "write root": "open('/new', 'w'); return 'written'",
    "write usr": "open('/usr/new', 'w'); return 'written'",
    "write etc": "open('/etc/new', 'w'); return 'written'",
    "write passwd": "open('/etc/passwd', 'w'); return 'written'",
    "write dev": "open('/dev/new', 'w'); return 'written'",
    "replace a program": "os.rename('/usr/bin/env', '/usr/bin/env2'); return 'renamed'",
    "write kernel settings": "os.open('/proc/sys/kernel/hostname', 1); return 'opened'",
    "write core pattern": "os.open('/proc/sys/kernel/core_pattern', 1); return 'opened'",
    "trigger a reboot": "os.open('/proc/sysrq-trigger', 1); return 'opened'",
    "raise oom score": "os.write(os.open('/proc/self/oom_score_adj', 1), b'-1000'); return 'set'",
    "write a setting of sysfs": "os.open('/sys/kernel/uevent_helper', 1); return 'opened'",
    "new control group": "os.mkdir('/sys/fs/cgroup/memory/new'); return 'made'",
    "leave the control group": (
        "os.write(os.open('/sys/fs/cgroup/memory/cgroup.procs', 1), b'0'); return 'left'"
    ),
    "ports of the machine": "return open('/dev/port', 'rb').read(1)",
    "messages of the kernel": "return open('/dev/kmsg', 'rb').read(1)",
    "virtual machines": "os.open('/dev/kvm', 2); return 'opened'",
    "file systems in user space": "os.open('/dev/fuse', 2); return 'opened'",
    "loop devices": "os.open('/dev/loop-control', 2); return 'opened'",
    "tunnels": "os.open('/dev/net/tun', 2); return 'opened'",
    "container engine": (
        "socket.socket(socket.AF_UNIX).connect('/var/run/docker.sock'); return 'connected'"
    ),
    "system bus": (
        "socket.socket(socket.AF_UNIX).connect('/run/dbus/system_bus_socket'); return 'connected'"
    ),
    "drop the caches of the host": "os.open('/proc/sys/vm/drop_caches', 1); return 'opened'",
    "new map of users": "os.write(os.open('/proc/self/uid_map', 1), b'0 0 1'); return 'written'",
    "root through a link of proc": "return os.listdir('/proc/self/root/../../root')",
    "root through a descriptor": (
        "here = os.open('/', os.O_DIRECTORY); return os.open('../../root', 0, dir_fd=here)"
    ),
    "start something later": "open('/var/spool/cron/crontabs/root', 'w'); return 'written'",
    "device node": "os.mknod('/box/null', 0o020666, os.makedev(1, 3)); return 'made'",
}
PRIVILEGES = {
    "become root": "os.setuid(0); return 'root'",
    "become nobody": "os.setuid(65534); return 'nobody'",
    "give a file to root": "open('/box/f', 'w'); os.chown('/box/f', 0, 0); return 'given'",
    "set host name": "socket.sethostname('x'); return 'set'",
    "chroot": "os.chroot('/box'); return 'changed'",
    "raise a hard limit": (
        "import resource\n"
        "try: resource.setrlimit(resource.RLIMIT_NPROC, (9999, 9999))\n"
        "except ValueError as e: raise PermissionError(1, str(e))"
    ),
    "raise priority": "os.nice(-5); return 'raised'",
    "set the clock": "import time; time.clock_settime(time.CLOCK_REALTIME, 0); return 'set'",
    "alarm timer": "import time; syscall({timerfd_create}, 8, 0); return 'made'",
    "drop the death signal": (
        "if libc.prctl(1, 0) == -1: raise OSError(ctypes.get_errno(), 'prctl')\nreturn 'dropped'"
    ),
    "nested user namespace by clone": "syscall({clone}, 0x10000000 | 17, 0, 0, 0, 0); return 'made'",
    "type into the terminal": "import fcntl; fcntl.ioctl(0, 0x5412, b'x'); return 'typed'",
}
# Name → (number on x86_64, number on aarch64, arguments)
CALLS: dict[str, tuple[int, int, str]] = {
    "io_uring_setup": (425, 425, "8, ctypes.create_string_buffer(512)"),
    "io_uring_enter": (426, 426, "0, 0, 0, 0, 0"),
    "io_uring_register": (427, 427, "0, 0, 0, 0"),
    "keyctl": (250, 219, "0, -3, 0"),
    "add_key": (248, 217, "b'user', b'name', b'data', 4, -3"),
    "request_key": (249, 218, "b'user', b'name', 0, -3"),
    "bpf": (321, 280, "0, ctypes.create_string_buffer(128), 128"),
    "perf_event_open": (298, 241, "ctypes.create_string_buffer(128), 0, -1, -1, 0"),
    "unshare user": (272, 97, "0x10000000"),
    "unshare mount": (272, 97, "0x00020000"),
    "clone3": (435, 435, "ctypes.create_string_buffer(88), 88"),
    "mount": (165, 40, "b'none', b'/box', b'tmpfs', 0, 0"),
    "umount2": (166, 39, "b'/usr', 2"),
    "fsopen": (430, 430, "b'tmpfs', 0"),
    "open_tree": (428, 428, "-100, b'/usr', 1"),
    "move_mount": (429, 429, "-1, b'', -1, b'/box', 4"),
    "mount_setattr": (442, 442, "-100, b'/', 0, ctypes.create_string_buffer(32), 32"),
    "pivot_root": (155, 41, "b'/box', b'/box'"),
    "setns": (308, 268, "os.open('/proc/self/ns/user', 0), 0"),
    "ptrace": (101, 117, "0, 0, 0, 0"),
    "process_vm_readv": (310, 270, "os.getpid(), 0, 0, 0, 0, 0"),
    "process_vm_writev": (311, 271, "os.getpid(), 0, 0, 0, 0, 0"),
    "pidfd_getfd": (438, 438, "-1, 0, 0"),
    "kcmp": (312, 272, "os.getpid(), os.getpid(), 1, 0, 0"),
    "userfaultfd": (323, 282, "1"),
    "init_module": (175, 105, "0, 0, 0"),
    "finit_module": (313, 273, "0, 0, 0"),
    "delete_module": (176, 106, "b'x', 0"),
    "kexec_load": (246, 104, "0, 0, 0, 0"),
    "kexec_file_load": (320, 294, "0, 0, 0, 0, 0"),
    "open_by_handle_at": (304, 265, "-100, 0, 0"),
    "personality": (135, 92, "0x0040000"),
    "memfd_create": (319, 279, "b'x', 0"),
    "memfd_secret": (447, 447, "0"),
    "shmget": (29, 194, "0, 4096, 0o1600"),
    "syslog": (103, 116, "3, ctypes.create_string_buffer(64), 64"),
    "swapon": (167, 224, "b'/box/x', 0"),
    "reboot": (169, 142, "0, 0, 0, 0"),
    "io_setup": (206, 0, "1, ctypes.create_string_buffer(8)"),
    "inotify_init1": (294, 26, "0"),
    "fanotify_init": (300, 262, "0, 0"),
    "name_to_handle_at": (303, 264, "-100, b'/usr', 0, 0, 0"),
    "mbind": (237, 235, "0, 0, 0, 0, 0, 0"),
    "move_pages": (279, 239, "0, 0, 0, 0, 0, 0"),
    "acct": (163, 89, "b'/box/log'"),
    "quotactl": (179, 60, "0, 0, 0, 0"),
    "msgget": (68, 186, "0, 0o1600"),
    "process_madvise": (440, 440, "-1, 0, 0, 0, 0"),
    "unshare network": (272, 97, "0x40000000"),
    "unshare control group": (272, 97, "0x02000000"),
}
MACHINE = os.uname().machine
NUMBERS = {
    "x86_64": {"clone": 56, "timerfd_create": 283},
    "aarch64": {"clone": 220, "timerfd_create": 85},
}[MACHINE]


def call_body(name: str) -> str:
    x86_64, aarch64, arguments = CALLS[name]
    number = x86_64 if MACHINE == "x86_64" else aarch64
    return f"syscall({number}, {arguments}); return 'allowed'"


@pytest.mark.parametrize("name", FILES)
async def test_file_is_out_of_reach(name: str, boxed_python: BoxedPython) -> None:
    result = await boxed_python(harness(FILES[name]))
    assert result.stdout.text().startswith("BLOCKED"), result


@pytest.mark.parametrize("name", PRIVILEGES)
async def test_privilege_cannot_be_had(name: str, boxed_python: BoxedPython) -> None:
    body = PRIVILEGES[name]
    for call, number in NUMBERS.items():
        body = body.replace("{" + call + "}", str(number))
    result = await boxed_python(harness(body))
    assert result.stdout.text().startswith("BLOCKED"), result


@pytest.mark.parametrize("name", CALLS)
async def test_system_call_is_filtered(name: str, boxed_python: BoxedPython) -> None:
    result = await boxed_python(harness(call_body(name)))
    expected = "ENOSYS" if name == "clone3" else "EPERM"
    assert result.stdout.text() == f"BLOCKED {expected}\n", result


@pytest.mark.parametrize(
    "name", ["keyctl", "memfd_create", "kcmp", "shmget", "io_setup", "inotify_init1"]
)
def test_probe_goes_through_without_a_box(name: str) -> None:
    code = harness(call_body(name))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout != "BLOCKED EPERM\n"


@pytest.mark.skipif(MACHINE != "x86_64", reason="other machines have one calling convention")
async def test_another_calling_convention_ends_the_box(boxed_python: BoxedPython) -> None:
    # mov eax, 20; int 0x80; ret: the getpid of 32-bit programs.
    result = await boxed_python(
        "import ctypes, mmap\n"
        "page = mmap.mmap(-1, 4096, prot=7)\n"
        "page.write(bytes.fromhex('b814000000cd80c3'))\n"
        "address = ctypes.addressof(ctypes.c_char.from_buffer(page))\n"
        "print('called', ctypes.CFUNCTYPE(ctypes.c_int)(address)())\n"
    )
    assert (result.exit_code, result.stdout.text()) == (128 + signal.SIGSYS, ""), result


@pytest.mark.skipif(MACHINE != "x86_64", reason="other machines have one calling convention")
async def test_numbers_of_the_x32_convention_do_not_exist(boxed_python: BoxedPython) -> None:
    result = await boxed_python(harness("syscall(0x40000000 | 39); return 'called'"))
    assert result.stdout.text() == "BLOCKED ENOSYS\n"


async def test_harness_reports_success(boxed_python: BoxedPython) -> None:
    result = await boxed_python(harness("open('/box/f', 'w').write('x'); return 'written'"))
    assert result.stdout.text() == "DONE written\n"


@pytest.fixture
def listener() -> Iterator[int]:
    """A server on the host's loopback; its port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(30)

        def accept() -> None:
            try:
                while True:
                    server.accept()[0].close()
            except OSError:
                return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1]


async def test_loopback_of_the_host_is_out_of_reach(
    listener: int, boxed_python: BoxedPython
) -> None:
    socket.create_connection(("127.0.0.1", listener), timeout=5).close()
    body = f"socket.create_connection(('127.0.0.1', {listener}), timeout=2); return 'connected'"
    result = await boxed_python(harness(body))
    assert result.stdout.text().startswith("BLOCKED"), result


async def test_abstract_socket_of_the_host_is_out_of_reach(boxed_python: BoxedPython) -> None:
    name = f"\0box-test-{os.getpid()}"
    with closing(socket.socket(socket.AF_UNIX)) as server:
        server.bind(name)
        server.listen()
        body = f"socket.socket(socket.AF_UNIX).connect({name!r}); return 'connected'"
        result = await boxed_python(harness(body))
    assert result.stdout.text().startswith("BLOCKED"), result


@pytest.mark.parametrize(
    "body",
    [
        "socket.create_connection(('1.1.1.1', 53), timeout=2); return 'connected'",
        "socket.create_connection(('169.254.169.254', 80), timeout=2); return 'connected'",
        "return socket.getaddrinfo('example.com', 80)",
        "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW); return 'opened'",
        "socket.socket(socket.AF_PACKET, socket.SOCK_RAW); return 'opened'",
        "socket.socket(40, socket.SOCK_STREAM); return 'opened vsock'",
        "socket.socket(38, socket.SOCK_SEQPACKET); return 'opened alg'",
        "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1); return 'opened'",
    ],
)
async def test_network_is_out_of_reach(body: str, boxed_python: BoxedPython) -> None:
    result = await boxed_python(harness(body))
    assert result.stdout.text().startswith("BLOCKED"), result


async def test_no_process_of_the_host_is_visible(boxed_python: BoxedPython) -> None:
    result = await boxed_python("import os; print([p for p in os.listdir('/proc') if p.isdigit()])")
    assert result.stdout.text() == "['1']\n"


async def test_signal_does_not_reach_the_host(boxed_python: BoxedPython) -> None:
    result = await boxed_python(harness(f"os.kill({os.getpid()}, 0); return 'signalled'"))
    assert result.stdout.text() == "BLOCKED ESRCH\n"


async def test_broadcast_signal_stays_inside(boxed_python: BoxedPython) -> None:
    bystander = await asyncio.create_subprocess_exec("/bin/sleep", "60")
    code = "import os, signal\ntry: os.kill(-1, signal.SIGKILL)\nexcept OSError: pass"
    await boxed_python(code)
    assert bystander.returncode is None
    bystander.kill()
    await bystander.wait()


@pytest.mark.parametrize("file", ["environ", "cmdline", "mountinfo", "maps", "cgroup"])
async def test_no_secret_of_ours_in_proc(
    file: str, boxed_python: BoxedPython, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASTETRADER_SECRET_KEY", CANARY)
    result = await boxed_python(
        "import glob\n"
        f"for name in glob.glob('/proc/[0-9]*/{file}') + glob.glob('/proc/[0-9]*/task/*/{file}'):\n"
        "    print(open(name, errors='replace').read())\n"
    )
    assert result.exit_code == 0
    assert CANARY not in result.stdout.text()


async def test_the_control_group_has_no_name_inside(boxed_python: BoxedPython) -> None:
    result = await boxed_python("print(open('/proc/self/cgroup').read())")
    assert result.exit_code == 0
    assert "pastetrader" not in result.stdout.text()


async def test_environment_is_ours_alone(
    boxed_shell: BoxedPython, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASTETRADER_SECRET_KEY", CANARY)
    result = await boxed_shell("env | sort | cut -d= -f1 | tr '\\n' ' '")
    assert result.stdout.text() == "HOME LANG PATH PWD SANDBOX_RESULT_FD SHLVL TMPDIR _ "


async def test_setuid_programs_have_no_power(boxed_shell: BoxedPython) -> None:
    result = await boxed_shell("su -c id root </dev/null; mount -t tmpfs none /box; echo $EUID")
    assert result.stdout.text() == "1000\n"


async def test_own_memory_file_does_not_win_the_filter_back(boxed_python: BoxedPython) -> None:
    result = await boxed_python(
        "import glob\n"
        "for name in glob.glob('/proc/[0-9]*/status'):\n"
        "    text = open(name).read()\n"
        "    print('Seccomp:\\t2' in text, 'NoNewPrivs:\\t1' in text, 'CapBnd:\\t0000000000000000' in text)\n"
    )
    assert set(result.stdout.text().split()) == {"True"}, result


async def test_no_descriptor_of_ours_is_inherited(boxed_python: BoxedPython) -> None:
    with socket.socket() as ours:
        os.set_inheritable(ours.fileno(), True)
        result = await boxed_python(
            "import os\nfor fd in os.listdir('/proc/self/fd'):\n"
            "    try: print(os.readlink(f'/proc/self/fd/{fd}').split(':')[0])\n"
            "    except OSError: pass\n"
        )
    allowed = {"/memfd", "pipe"}
    assert set(result.stdout.text().split()) - {"(deleted)"} <= allowed | {"/proc/1/fd"}, result


async def test_standard_input_cannot_be_grown(boxed_python: BoxedPython) -> None:
    result = await boxed_python(harness("os.ftruncate(0, 1 << 20); return 'grown'"))
    assert result.stdout.text().startswith("BLOCKED"), result


async def test_bound_files_are_readable_only(
    boxed_python: BoxedPython, shown: dict[str, Path]
) -> None:
    for body in (
        "open('/in/file', 'a'); return 'opened'",
        "os.unlink('/in/file'); return 'gone'",
        "os.rename('/in/file', '/in/other'); return 'renamed'",
        "os.chmod('/in/file', 0o777); return 'changed'",
        "os.link('/in/file', '/box/file'); return 'linked'",
        "open('/in/new', 'w'); return 'made'",
        "open('/in/folder/new', 'w'); return 'made'",
        "return os.listdir('/in/folder/../../work')",
    ):
        result = await boxed_python(harness(body), binds=shown)
        assert result.stdout.text().startswith("BLOCKED"), (body, result)
    result = await boxed_python("print(open('/in/file').read())", binds=shown)
    assert result.stdout.text() == "given\n"


async def test_files_beside_a_bound_one_are_out_of_reach(
    boxed_python: BoxedPython, shown: dict[str, Path]
) -> None:
    beside = shown["/in/file"].with_name("beside")
    result = await boxed_python(harness(f"return open({str(beside)!r}).read()"), binds=shown)
    assert result.stdout.text() == "BLOCKED ENOENT\n"


@pytest.fixture
def shown() -> Iterator[dict[str, Path]]:
    """A file and a folder of the host, with a secret beside them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "file").write_text("given")
        (folder / "beside").write_text(CANARY)
        (folder / "folder").mkdir()
        # Its permissions would let anybody.
        (folder / "file").chmod(0o666)
        (folder / "folder").chmod(0o777)
        yield {"/in/file": folder / "file", "/in/folder": folder / "folder"}
