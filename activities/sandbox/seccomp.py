"""The system calls that a box may not make, as a classic BPF program for seccomp."""

import errno
import platform
import struct
from dataclasses import dataclass
from functools import cache

from activities.errors import SandboxUnavailable

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER_AT, _ARCH_AT, _FIRST_ARG_AT, _SECOND_ARG_AT = 0, 4, 16, 24

_X32_BIT = 0x40000000
_NEW_NAMESPACES = 0x7E020000
_AF_UNIX, _AF_INET, _AF_INET6 = 1, 2, 10
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
_PR_SET_PDEATHSIG = 1

# Kernel keyrings, asynchronous rings, tracing and programs: shared with the host or too big a
# surface. `memfd_create`, `shmget` and `msgget` hold memory that no resource limit counts;
# `io_setup` and `inotify_init` take from what all processes of the host or the account share.
_DENIED_EVERYWHERE = {
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "pidfd_getfd": 438,
    "process_madvise": 440,
    "mount_setattr": 442,
    "quotactl_fd": 443,
    "memfd_secret": 447,
    "process_mrelease": 448,
    "set_mempolicy_home_node": 450,
    "open_tree_attr": 467,
}
_DENIED_X86_64 = {
    "ptrace": 101,
    "syslog": 103,
    "uselib": 134,
    "personality": 135,
    "sysfs": 139,
    "vhangup": 153,
    "modify_ldt": 154,
    "pivot_root": 155,
    "_sysctl": 156,
    "adjtimex": 159,
    "chroot": 161,
    "acct": 163,
    "settimeofday": 164,
    "mount": 165,
    "umount2": 166,
    "swapon": 167,
    "swapoff": 168,
    "reboot": 169,
    "sethostname": 170,
    "setdomainname": 171,
    "iopl": 172,
    "ioperm": 173,
    "create_module": 174,
    "init_module": 175,
    "delete_module": 176,
    "get_kernel_syms": 177,
    "query_module": 178,
    "quotactl": 179,
    "nfsservctl": 180,
    "lookup_dcookie": 212,
    "clock_settime": 227,
    "mbind": 237,
    "set_mempolicy": 238,
    "get_mempolicy": 239,
    "kexec_load": 246,
    "add_key": 248,
    "request_key": 249,
    "keyctl": 250,
    "migrate_pages": 256,
    "unshare": 272,
    "move_pages": 279,
    "perf_event_open": 298,
    "fanotify_init": 300,
    "fanotify_mark": 301,
    "name_to_handle_at": 303,
    "open_by_handle_at": 304,
    "clock_adjtime": 305,
    "setns": 308,
    "process_vm_readv": 310,
    "process_vm_writev": 311,
    "kcmp": 312,
    "finit_module": 313,
    "memfd_create": 319,
    "kexec_file_load": 320,
    "bpf": 321,
    "userfaultfd": 323,
    "shmget": 29,
    "msgget": 68,
    "io_setup": 206,
    "inotify_init": 253,
    "inotify_init1": 294,
}
_DENIED_AARCH64 = {
    "io_setup": 0,
    "lookup_dcookie": 18,
    "inotify_init1": 26,
    "umount2": 39,
    "mount": 40,
    "pivot_root": 41,
    "nfsservctl": 42,
    "chroot": 51,
    "vhangup": 58,
    "quotactl": 60,
    "acct": 89,
    "personality": 92,
    "unshare": 97,
    "kexec_load": 104,
    "init_module": 105,
    "delete_module": 106,
    "clock_settime": 112,
    "syslog": 116,
    "ptrace": 117,
    "reboot": 142,
    "sethostname": 161,
    "setdomainname": 162,
    "settimeofday": 170,
    "adjtimex": 171,
    "msgget": 186,
    "shmget": 194,
    "add_key": 217,
    "request_key": 218,
    "keyctl": 219,
    "swapon": 224,
    "swapoff": 225,
    "mbind": 235,
    "get_mempolicy": 236,
    "set_mempolicy": 237,
    "migrate_pages": 238,
    "move_pages": 239,
    "perf_event_open": 241,
    "fanotify_init": 262,
    "fanotify_mark": 263,
    "name_to_handle_at": 264,
    "open_by_handle_at": 265,
    "clock_adjtime": 266,
    "setns": 268,
    "process_vm_readv": 270,
    "process_vm_writev": 271,
    "kcmp": 272,
    "finit_module": 273,
    "memfd_create": 279,
    "bpf": 280,
    "userfaultfd": 282,
    "kexec_file_load": 294,
}
_CLONE3 = 435


@dataclass(frozen=True, slots=True)
class Architecture:
    """Numbers that differ from one machine to the next."""

    audit: int
    denied: dict[str, int]
    clone: int
    socket: int
    ioctl: int
    prctl: int


ARCHITECTURES = {
    "x86_64": Architecture(0xC000003E, _DENIED_X86_64, clone=56, socket=41, ioctl=16, prctl=157),
    "aarch64": Architecture(
        0xC00000B7, _DENIED_AARCH64, clone=220, socket=198, ioctl=29, prctl=167
    ),
}


@cache
def program(machine: str | None = None) -> bytes:
    """The filter for `machine` (default: this one), as bubblewrap's `--seccomp` reads it.

    Raises:
        SandboxUnavailable: no filter is written for the machine.
    """
    machine = machine or platform.machine()
    architecture = ARCHITECTURES.get(machine)
    if architecture is None:
        raise SandboxUnavailable(
            f"the sandbox has no system call filter for {machine} machines; "
            f"run the worker on {' or '.join(ARCHITECTURES)}"
        )
    return b"".join(_instructions(architecture))


def _instructions(architecture: Architecture) -> list[bytes]:
    # A foreign calling convention would give the numbers below another meaning.
    code = [
        _load(_ARCH_AT),
        _jump(_EQUAL, architecture.audit, then=1),
        _return(_KILL),
        _load(_NUMBER_AT),
        _jump(_AT_LEAST, _X32_BIT, otherwise=1),
        _return(_ERRNO | errno.ENOSYS),
    ]
    for number in (_DENIED_EVERYWHERE | architecture.denied).values():
        code += _when(number, [_return(_ERRNO | errno.EPERM)])
    # glibc falls back to clone, whose flags a filter can read; clone3 hides them behind a pointer.
    code += _when(_CLONE3, [_return(_ERRNO | errno.ENOSYS)])
    code += _when(architecture.clone, _deny_namespaces())
    code += _when(architecture.socket, _allow_families())
    code += _when(architecture.ioctl, _deny_terminal_input())
    code += _when(architecture.prctl, _keep_death_signal())
    return [*code, _return(_ALLOW)]


def _deny_namespaces() -> list[bytes]:
    return [
        _load(_FIRST_ARG_AT),
        _jump(_ANY_BIT, _NEW_NAMESPACES, otherwise=1),
        _return(_ERRNO | errno.EPERM),
        _return(_ALLOW),
    ]


def _allow_families() -> list[bytes]:
    # Network namespaces do not hold every family: AF_VSOCK reaches the hypervisor.
    return [
        _load(_FIRST_ARG_AT),
        _jump(_EQUAL, _AF_UNIX, then=3),
        _jump(_EQUAL, _AF_INET, then=2),
        _jump(_EQUAL, _AF_INET6, then=1),
        _return(_ERRNO | errno.EAFNOSUPPORT),
        _return(_ALLOW),
    ]


def _keep_death_signal() -> list[bytes]:
    # Who takes it off outlives a worker that is killed.
    return [
        _load(_FIRST_ARG_AT),
        _jump(_EQUAL, _PR_SET_PDEATHSIG, otherwise=1),
        _return(_ERRNO | errno.EPERM),
        _return(_ALLOW),
    ]


def _deny_terminal_input() -> list[bytes]:
    return [
        _load(_SECOND_ARG_AT),
        _jump(_EQUAL, _TIOCSTI, then=1),
        _jump(_EQUAL, _TIOCLINUX, otherwise=1),
        _return(_ERRNO | errno.EPERM),
        _return(_ALLOW),
    ]


def _when(number: int, body: list[bytes]) -> list[bytes]:
    """Run `body`, which always returns, for one system call; the number stays loaded otherwise."""
    return [_jump(_EQUAL, number, otherwise=len(body)), *body]


def _load(offset: int) -> bytes:
    return _instruction(_LOAD, offset)


def _return(action: int) -> bytes:
    return _instruction(_RETURN, action)


def _jump(test: int, value: int, *, then: int = 0, otherwise: int = 0) -> bytes:
    return _instruction(test, value, then, otherwise)


def _instruction(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("<HBBI", code, then, otherwise, value)
