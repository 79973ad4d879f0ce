"""What a whole daemon does, as bench/report measures and tells it: from outside, with simulated hosts on the same
machine, which takes its part of the processors. Figures that count processor time are the daemon's alone."""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import testbed

RATE_HOSTS = 500
RATE_SECONDS = 5
LATENCY_SECONDS = 8
AHEAD = 150  # quotes that each host signs before: more than it gets rid of
IDLE_SECONDS = 8
CONNECTIONS = 4_000
GATEWAY_CONNECTIONS = 1_500  # fewer than it lets in at once from one address
SCALES = [1_000, 10_000, 100_000]
SETTLE_S = 1.0
OVERLOADS = 3  # of which the one in the middle counts, and every wrong verdict
# What is run beside bench/live.py's own daemon.
COMMANDS = [f"bench/scale {hosts} --brief" for hosts in SCALES] + [
    f"bench/overload    # {OVERLOADS} times", "bench/overload --costs"]

# What is promised of a daemon, beside what is promised of its parts.
CPU_OVER_PARTS_MAX = 1.3
GATEWAY_OVER_DIRECT_MAX = 0.65
HALF_P99_MS_MAX = 20
IDLE_MS_MAX = 5
HOST_BYTES_MAX = 1_000
CONNECTION_BYTES_MAX = 32_768
OVERLOAD_MIN = 0.9


def measure_rates(daemon, gateway):
    direct = testbed.Fleet(daemon, RATE_HOSTS, 1, "rsa2048:1").honest_run(RATE_SECONDS, ahead=AHEAD)
    carried = testbed.Fleet(daemon, RATE_HOSTS, 2, "rsa2048:1").honest_run(RATE_SECONDS, ahead=AHEAD, gateway=gateway)
    half = direct["attestations_per_s"] / 2
    ahead = int(half * LATENCY_SECONDS / RATE_HOSTS * 1.2) + 8
    before = receipts_within(daemon)
    at_half = testbed.Fleet(daemon, RATE_HOSTS, 3, "rsa2048:1").honest_run(
        LATENCY_SECONDS, "--rate", f"{half:.1f}", ahead=ahead)
    at_half["inside_p99_ms"] = inside_p99_ms(before, receipts_within(daemon))
    idle = testbed.Fleet(daemon, 1, 4, "rsa2048:1").honest_run(IDLE_SECONDS, "--rate", "5", ahead=5 * IDLE_SECONDS + 8)
    return {"direct": direct, "carried": carried, "at_half": at_half, "idle": idle}


def receipts_within(daemon):
    """How many attestations took at most so many seconds, from their evidence to their receipt, by the daemon."""
    bucket = re.compile(r'quotemill_stage_seconds_bucket{.*stage="receipt".*}')
    return {float(re.search(r'le="([^"]+)"', name).group(1)): count
            for name, count in daemon.metrics().items() if bucket.fullmatch(name)}


def inside_p99_ms(before, after):
    """The lowest of the histogram's bounds that 99 % do not exceed."""
    counts = {bound: after[bound] - before[bound] for bound in after}
    whole = max(counts.values())
    return min(bound for bound, count in counts.items() if count >= 0.99 * whole) * 1000


def bytes_of_connections(server, fleet, **where):
    """Bytes of a daemon or gateway, for each host that connects to it, attests and then stays connected."""
    before = server.memory_mb() - server.store_buffers_mb()
    seconds = 4
    with testbed.MemoryWatch(server) as memory:
        fleet.honest_run(seconds, "--rate", "100", **where)
    end = memory.samples[-1][0]
    return (memory.median_besides_store(begin=end - seconds) - before) * 2**20 / fleet.hosts


def measure_connections(daemon, gateway):
    """For hosts of the daemon's store; and in a gateway, which keeps next to nothing of its hosts: that is libzmq's."""
    fleet = testbed.Fleet(daemon, CONNECTIONS, 5)
    fleet.honest_run(1)
    behind = testbed.Fleet(daemon, GATEWAY_CONNECTIONS, 6)
    gateway.stop()
    daemon.stop()
    daemon.start()
    gateway.start()
    time.sleep(SETTLE_S)
    return {"connection_bytes": bytes_of_connections(daemon, fleet),
            "bare_connection_bytes": bytes_of_connections(gateway, behind, gateway=gateway)}


def run_script(name, *options):
    done = subprocess.run([testbed.ROOT / "bench" / name, *map(str, options)], capture_output=True, text=True)
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        sys.exit(f"bench/{name} {' '.join(map(str, options))}: {done.stdout[-1000:]}{done.stderr[-2000:]}")


def middle_of(overloads):
    """The one whose throughput is the median, with what may be in none of them."""
    by_throughput = sorted(overloads, key=lambda run: run["throughput_over_saturation"])
    return {**by_throughput[len(overloads) // 2],
            "throughputs": [run["throughput_over_saturation"] for run in by_throughput],
            "fewest_receipts": min(run["receipts_per_host"]["min"] for run in overloads),
            "wrong_verdicts": sum(run["wrong_verdicts"] for run in overloads)}


def measure(overload_seconds, tell):
    """Everything; `tell` is given a word before each part."""
    out = {}
    with tempfile.TemporaryDirectory(prefix="qm-live-") as folder:
        daemon = testbed.Daemon(testbed.PROGRAMS, pathlib.Path(folder))
        daemon.start()  # makes its keys
        daemon.stop()
        gateway = testbed.Gateway(daemon)
        daemon.start()
        gateway.start()
        try:
            tell("a daemon, directly and through a gateway")
            out.update(measure_rates(daemon, gateway))
            tell("memory of connections")
            out.update(measure_connections(daemon, gateway))
        finally:
            gateway.stop()
            daemon.stop()
    tell("stores of growing fleets")
    out["scales"] = [run_script("scale", hosts, "--brief") for hosts in SCALES]
    tell("overload")
    out["overload"] = middle_of([run_script("overload", "--seconds", overload_seconds) for _ in range(OVERLOADS)])
    tell("costs of faults")
    out["costs"] = run_script("overload", "--costs")
    return out


# --- Telling


def host_bytes(live):
    """Of one more host that is enrolled and idle: what the process takes more with more of them, but for the store's
    buffers, which have a bound."""
    least, most = live["scales"][0], live["scales"][-1]
    return (most["rss_besides_store_mb"] - least["rss_besides_store_mb"]) * 2**20 / (most["hosts"] - least["hosts"])


def p99_ms(report):
    return report["latency_us"]["p99"] / 1000


def promises(live, parts_us):
    """Rows of a table: what, measured, target, reached. `parts_us`: one attestation's parts in quotemill-bench."""
    direct, carried = live["direct"], live["carried"]
    cpu = direct["daemon_cpu_us"]
    overload = live["overload"]
    rows = []

    def row(what, value, text, most=None, least=None):
        is_met = value <= most if most is not None else value >= least
        target = f"<= {most:,}" if most is not None else f">= {least}"
        rows.append([what, text, target, "yes" if is_met else "**no**"])

    if parts_us:
        row("daemon's CPU for one attestation, by the sum of its parts (round trip, signature, commit)",
            cpu / parts_us, f"{cpu:.1f} us / {parts_us:.1f} us = {cpu / parts_us:.2f}", most=CPU_OVER_PARTS_MAX)
    row("the same through a gateway, by the direct one", carried["daemon_cpu_us"] / cpu,
        f"{carried['daemon_cpu_us']:.1f} us / {cpu:.1f} us = {carried['daemon_cpu_us'] / cpu:.2f}",
        most=GATEWAY_OVER_DIRECT_MAX)
    sent, received = (direct["bytes_per_attestation"][way] for way in ["sent", "received"])
    row("bytes of an attestation, sent and received, on average (one in sixteen has a challenge)", max(sent, received),
        f"{sent:.0f}, {received:.0f}", most=1000)
    half = live["at_half"]
    row(f"p99 at half of saturation ({half['attestations_per_s']:,.0f}/s), ms from when it was due to its receipt",
        p99_ms(half), f"{p99_ms(half):.1f}", most=HALF_P99_MS_MAX)
    row("p99 then, ms from evidence to receipt by the daemon's own histogram: at most", half["inside_p99_ms"],
        f"{half['inside_p99_ms']:g}", most=HALF_P99_MS_MAX)
    row("p99 of a single host before an idle daemon, ms", p99_ms(live["idle"]), f"{p99_ms(live['idle']):.1f}",
        most=IDLE_MS_MAX)
    row("resident bytes for one more enrolled host that is idle, but for the store's buffers", host_bytes(live),
        f"{host_bytes(live):,.0f}", most=HOST_BYTES_MAX)
    row("resident bytes for one more host that is connected (with what an attestation leaves behind, but for the store's buffers)",
        live["connection_bytes"],
        f"{live['connection_bytes']:,.0f}, of them {live['bare_connection_bytes']:,.0f} libzmq's (as in a gateway)",
        most=CONNECTION_BYTES_MAX)
    row("throughput at twice the saturation, by saturation: the median of several", overload["throughput_over_saturation"],
        f"{overload['throughput_over_saturation']:.2f} (" + ", ".join(f"{one:.2f}" for one in overload["throughputs"]) + ")",
        least=OVERLOAD_MIN)
    row("receipts of the host with the fewest in any of them", overload["fewest_receipts"],
        "{least}; in the median one {min}, median {median}, most {max}".format(
            least=overload["fewest_receipts"], **overload["receipts_per_host"]), least=1)
    row("wrong verdicts in all of them", overload["wrong_verdicts"], str(overload["wrong_verdicts"]), most=0)
    return rows


def scale_rows(live):
    return [[f"{scale['hosts']:,}", f"{scale['live_per_s']:,}", f"{scale['live_p99_ms']}", f"{scale['rss_mb']}",
             f"{scale['startup_s']}"] for scale in live["scales"]]


def overload_rows(live):
    overload = live["overload"]
    memory, busy, probe = overload["memory_mb"], overload["busy"], overload["probe"]
    return [["saturation, offered, done: a second",
             f"{overload['saturation_per_s']:,.0f}, {overload['offered_per_s']:,.0f}, {overload['overload_per_s']:,.0f}"],
            ["MB before, inbox full, peak, after", "{before}, {full}, {peak}, {after}".format(**memory)],
            ["MB of growth once the inbox was full; without the store's buffers",
             "{growth_once_full}; {growth_besides_store}".format(**memory)],
            ["BUSY", f"{busy['count']:,}"],
            ["of fifty hosts at ease: BUSY, and ms until it came, p50, p99",
             f"{probe['busy']:,}; {probe['busy_latency_us']['p50'] / 1000:.1f}, "
             f"{probe['busy_latency_us']['p99'] / 1000:.1f}"],
            ["handshakes refused, receipts again, evidence known already",
             ", ".join(f"{overload['daemon'][name]:,}" for name in ["handshakes_refused", "receipts_again", "repeated"])]]


def cost_rows(live):
    """Rows of a table: what, us, the good attestation that has the same steps, its us, the one by the other, spread."""
    measured = live["costs"]
    costs = dict(measured["fault_cost_us"])
    good = costs.pop("good")
    spread = {name: "" if times is None else f"{times:.2f}" for name, times in measured["fault_spread"].items()}
    rows = [[f"good: {name}", f"{us:.1f}", "", "", "", spread[name]] for name, us in good.items()]
    for name, us in costs.items():
        like = measured["fault_like"].get(name)
        held = [like, f"{good[like]:.1f}", f"{us / good[like]:.2f}"] if like else ["", "", ""]
        rows.append([name, f"{us:.1f}", *held, spread[name]])
    return rows
