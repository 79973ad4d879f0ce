"""What the scripts of this folder share: a real daemon in a folder of its own, simulated fleets before it,
what it costs, and the machine that all of it runs on. Everything listens on loopback."""

import contextlib
import json
import os
import pathlib
import platform
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAMS = ROOT / "build/release/bin"
START_SECONDS_MAX = 600
SETTLED_S = 1.0  # so long without any work of the store's
SETTLE_SECONDS_MAX = 600
FLEET_SECONDS_MAX = 300  # beyond what a fleet is told to measure: to connect, sign and warm up

# For the hosts of quotemill-fleet: nobody knows what they boot, and no TPM proved them.
FLEET_POLICY = """[policy]
id = "fleet"
version = 1
priority = 1
[match]
names = ["sim-*"]
[freshness]
attest_every = "12h"
stale_after = "3d"
[identity]
imported = "info"
[boot]
no_baseline = "info"
"""

DAEMON_SETTINGS = """[listen]
attest = "{attest}"
enrol = "{enrol}"
control = "{control}"
changes = "ipc://{folder}/run/changes.sock"
[state]
folder = "{folder}/state"
[trust]
roots = "{folder}/roots.d"
[policy]
file = "{folder}/policy.toml"
[metrics]
listen = "{metrics}"
[sinks]
folder = "{folder}/sinks.d"
[gateways]
folder = "{folder}/gateways.d"
[pipeline]
{pipeline}
"""


def free_port():
    with contextlib.closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def loopback():
    return f"tcp://127.0.0.1:{free_port()}"


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} × {model}, {memory:.0f} GiB, Linux {platform.release()}"


def commit():
    def output_of(*command):
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout.strip()

    changed = output_of("git", "status", "--porcelain", "--untracked-files=no")
    head = output_of("git", "rev-parse", "--short=12", "HEAD")
    return head + (" with changes that are not committed" if changed else "")


class CpuShare:
    """A bound on the processor time of what is put into it, where the kernel lets us: a control group below our own."""

    PERIOD_US = 10_000  # short, so that what waits for its next part waits no longer than for a disk

    def __init__(self, cpus):
        self.cpus, quota = cpus, str(round(cpus * self.PERIOD_US))
        self.folder = self.parent() / f"qm-bench-{os.getpid()}"
        self.folder.mkdir()
        try:
            if (self.folder / "cpu.max").exists():
                (self.folder / "cpu.max").write_text(f"{quota} {self.PERIOD_US}")
            else:
                (self.folder / "cpu.cfs_period_us").write_text(str(self.PERIOD_US))
                (self.folder / "cpu.cfs_quota_us").write_text(quota)
        except OSError:
            self.folder.rmdir()
            raise

    @staticmethod
    def parent():
        """In the hierarchy that has the controller: version 1's, or the only one."""
        for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
            number, controllers, path = line.split(":", 2)
            if "cpu" in controllers.split(","):
                return pathlib.Path("/sys/fs/cgroup/cpu") / path.lstrip("/")
            if number == "0" and (found := pathlib.Path("/sys/fs/cgroup") / path.lstrip("/") / "cpu.max").exists():
                return found.parent
        raise OSError("no control group bounds processor time")

    def add(self, program):
        (self.folder / "cgroup.procs").write_text(str(program.pid))

    def remove(self):
        """Once nothing is in it any more."""
        self.folder.rmdir()


class Program:
    """A process that runs until stop(); what it says is in `log`."""

    def __init__(self, command, log):
        self.log = log
        with open(log, "ab") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=out)

    @property
    def pid(self):
        return self.process.pid

    def check(self):
        if self.process.poll() is not None:
            sys.exit(f"{self.log} ended: {self.log.read_text()[-2000:]}")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def cpu_s(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self):
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0


class Daemon:
    def __init__(self, programs, folder, policy=FLEET_POLICY, pipeline=""):
        self.programs, self.folder, self.program = programs, folder, None
        self.control = str(folder / "run/control.sock")
        self.attest, self.metrics_address = loopback(), f"127.0.0.1:{free_port()}"
        for name in ["roots.d", "sinks.d", "gateways.d"]:
            (folder / name).mkdir(exist_ok=True)
        (folder / "policy.toml").write_text(policy)
        (folder / "quotemill.toml").write_text(DAEMON_SETTINGS.format(
            folder=folder, attest=self.attest, enrol=loopback(), control=self.control, pipeline=pipeline,
            metrics=self.metrics_address))

    def start(self):
        """Returns the seconds until it answers."""
        begun = time.monotonic()
        self.program = Program([self.programs / "quotemilld", "--config", self.folder / "quotemill.toml"],
                               self.folder / "daemon.log")
        while time.monotonic() - begun < START_SECONDS_MAX:
            self.program.check()
            if os.path.exists(self.control) and self.ask("token.list", check=False) is not None:
                return time.monotonic() - begun
            time.sleep(0.01)
        sys.exit("the daemon does not answer")

    def stop(self):
        if self.program is not None:
            self.program.stop()
            self.program = None

    def ask(self, verb, args=None, times=1, check=True):
        command = [self.programs / "quotemill-scale-store", "ask", self.control, verb, json.dumps(args or {}),
                   "--times", str(times)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            if check:
                sys.exit(f"{verb}: {done.stderr}")
            return None
        return json.loads(done.stdout)

    def cpu_s(self):
        return self.program.cpu_s()

    def memory_mb(self):
        return self.program.memory_mb()

    def metrics(self):
        """Values of its metrics page, by name and labels as they stand there."""
        with urllib.request.urlopen(f"http://{self.metrics_address}/metrics") as page:
            lines = page.read().decode().splitlines()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}

    def store_buffers_mb(self):
        """What RocksDB holds in memory of what was written and read: bounded, and full only after a while."""
        values = self.metrics()
        return sum(values[f"quotemill_rocksdb_{name}"] for name in ["cur_size_all_mem_tables", "block_cache_usage"]) / 2**20

    def settle(self):
        """Waits until the store has nothing left to rewrite."""
        busy = ["num_immutable_mem_table", "num_running_flushes", "num_running_compactions", "compaction_pending"]
        begun = quiet = time.monotonic()
        while time.monotonic() - quiet < SETTLED_S:
            values = self.metrics()
            if any(values[f"quotemill_rocksdb_{name}"] for name in busy):
                quiet = time.monotonic()
            if quiet - begun > SETTLE_SECONDS_MAX:
                sys.exit("the store does not come to rest")
            time.sleep(0.1)


class Gateway:
    """A quotemill-gateway for the hosts of quotemill-fleet, before a daemon that has its keys and is not running: it
    knows the gateway when it starts the next time."""

    def __init__(self, daemon):
        self.folder = daemon.folder / "gateway"
        (self.folder / "state").mkdir(parents=True)
        (self.folder / "state").chmod(0o700)
        self.daemon, self.listen, self.program = daemon, loopback(), None
        server_key = (daemon.folder / "state/server.pub").read_text().strip()
        (self.folder / "gateway.toml").write_text(
            f"[listen]\nhosts = '{self.listen}'\n[server]\nattest = '{daemon.attest}'\nkey = '{server_key}'\n"
            f"[state]\nfolder = '{self.folder}/state'\n")
        self.start()  # makes its keys
        self.stop()
        key = self.key_file.read_text().strip()
        (daemon.folder / "gateways.d/rack.toml").write_text(f"[gateway]\nkey = '{key}'\nhosts = ['sim-*']\n")

    @property
    def key_file(self):
        return self.folder / "state/gateway.pub"

    def start(self):
        log = self.folder / "gateway.log"
        log.unlink(missing_ok=True)
        self.program = Program([self.daemon.programs / "quotemill-gateway", "--config", self.folder / "gateway.toml"],
                               log)
        begun = time.monotonic()
        while "ready" not in log.read_text():
            self.program.check()
            if time.monotonic() - begun > START_SECONDS_MAX:
                sys.exit("the gateway does not get ready")
            time.sleep(0.01)

    def stop(self):
        if self.program is not None:
            self.program.stop()
            self.program = None

    def memory_mb(self):
        return self.program.memory_mb()

    def store_buffers_mb(self):
        return 0  # it has no store


class Fleet:
    """So many hosts of quotemill-fleet, imported into a daemon that runs."""

    def __init__(self, daemon, hosts, seed, keys="ecdsa_p256:1"):
        self.daemon, self.hosts = daemon, hosts
        self.options = ["--hosts", str(hosts), "--seed", str(seed), "--keys", keys]
        exported = daemon.folder / f"fleet-{seed}.jsonl"
        subprocess.run([daemon.programs / "quotemill-fleet", "export", *self.options, exported], check=True)
        imported = subprocess.run([daemon.programs / "quotemill", "--socket", daemon.control, "import", exported],
                                  capture_output=True, text=True)
        if imported.returncode != 0:
            sys.exit(f"import: {imported.stderr}")

    def run(self, seconds, *options, ahead=0, gateway=None):
        """The fleet's report. `ahead`: quotes that each host signs before the measured time."""
        state = self.daemon.folder / "state"
        command = [self.daemon.programs / "quotemill-fleet", "run", *self.options, "--server-key", state / "server.pub",
                   "--connect", gateway.listen if gateway else self.daemon.attest, "--seconds", str(seconds),
                   "--daemon-pid", str(self.daemon.program.pid), *map(str, options)]
        if ahead:
            command += ["--nonce-keys", state / "nonce.keys", "--ahead", str(ahead)]
        if gateway:
            command += ["--gateway-key", gateway.key_file]
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + FLEET_SECONDS_MAX)
        try:
            return json.loads(done.stdout)
        except json.JSONDecodeError:
            sys.exit(f"the fleet went wrong: {done.stdout[-1000:]}{done.stderr[-1000:]}")

    def honest_run(self, seconds, *options, **more):
        """The same; ends if anything was not as it should be."""
        report = self.run(seconds, *options, **more)
        if report["wrong_verdicts"] != 0 or report["errors"] or report["attestations"] == 0:
            sys.exit(f"the fleet was not judged right: {report}")
        return report


class MemoryWatch:
    """Samples a daemon's (or gateway's) resident memory, and what is left of it without the store's buffers, while the `with` block
    runs: seconds, MB, MB."""

    EVERY_S = 0.25

    def __init__(self, daemon):
        self.daemon, self.samples, self.over = daemon, [], threading.Event()

    def __enter__(self):
        self.begun = time.monotonic()
        self.thread = threading.Thread(target=self.watch)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def watch(self):
        while not self.over.is_set():
            resident = self.daemon.memory_mb()
            self.samples.append((time.monotonic() - self.begun, resident, resident - self.daemon.store_buffers_mb()))
            self.over.wait(self.EVERY_S)

    def within(self, begin=0.0, end=float("inf")):
        return [sample for sample in self.samples if begin <= sample[0] <= end] or [(0, 0, 0)]

    def peak(self, begin=0.0, end=float("inf")):
        return max(mb for _, mb, _ in self.within(begin, end))

    def peak_besides_store(self, begin=0.0, end=float("inf")):
        return max(mb for _, _, mb in self.within(begin, end))

    def median(self, begin=0.0):
        return statistics.median(mb for _, mb, _ in self.within(begin))

    def median_besides_store(self, begin=0.0):
        return statistics.median(mb for _, _, mb in self.within(begin))
