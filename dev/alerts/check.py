#!/usr/bin/env python3
"""Checks the alert rules, the dashboards and the runbook against each other. Prints one line a check.

usage: check.py   (promtool and yaml2json on the PATH)
Each alert is run by promtool on the series of cases.yaml, and then again with each of its thresholds, and its patience,
moved: a change that no case notices is a failure, so the cases prove to be at the boundaries.
"""

import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys
import tempfile

TREE = pathlib.Path(__file__).resolve().parents[2]
FILES = TREE / "charts/hermes/files"
RULES = FILES / "alerts.yaml"
CASES = TREE / "dev/alerts/cases.yaml"
RUNBOOK = TREE / "docs/runbook.md"
GOLDEN = [TREE / module / "src/test/resources/golden/metrics.txt" for module in ("control-api", "operator", "egress")]

# What Prometheus adds to each series, and what a histogram has.
TARGET_LABELS = {"namespace", "job", "pod", "instance", "service", "container", "endpoint", "le"}
NOT_OURS = {"up": set()}
THRESHOLD = re.compile(r"((?:>=|<=|==|!=|>|<)\s*)(\d+(?:\.\d+)?)")
DURATION = {"s": 1, "m": 60, "h": 3600, "d": 86400}

failed = count = 0


def check(name, problem):
    """One line of the log; a problem is a text, none is empty."""
    global failed, count
    count += 1
    failed += bool(problem)
    print(f"FAIL {name}\n{problem}" if problem else f"ok   {name}", flush=True)


def load(path):
    with path.open() as f:
        return json.loads(subprocess.run(["yaml2json"], stdin=f, capture_output=True, check=True).stdout)


def seconds(text):
    return sum(int(n) * DURATION[unit] for n, unit in re.findall(r"(\d+)([smhd])", text))


def promtool(*arguments):
    """What promtool says when it refuses; empty when it does not."""
    run = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True)
    return "" if run.returncode == 0 else (run.stdout + run.stderr)[-1500:]


class Alerts:
    """The rules, and what is written of each."""

    def __init__(self):
        rules = [rule for group in load(RULES)["groups"] for rule in group["rules"]]
        self.recorded = {rule["record"]: rule for rule in rules if "record" in rule}
        self.all = {f"{rule['alert']}/{rule['labels']['severity']}": rule for rule in rules if "alert" in rule}
        self.cases = load(CASES)

    def names(self):
        return sorted({rule["alert"] for rule in self.all.values()})

    def needs(self, rule):
        return [self.recorded[name] for name in self.recorded if name in rule["expr"]]


def wrong(rule, needs, cases):
    """What promtool finds wrong with an alert over its cases; empty when all is as they say."""
    told = set(re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"])))
    # an annotation must not name a label that the alert has not
    firing = f'count(ALERTS{{alertname="{rule["alert"]}",alertstate="firing"{"".join(f",{l}!=" + chr(34) * 2 for l in sorted(told))}}})'
    tests = []
    for case in cases:
        fires, step = "fires" in case, case.get("every", "1m")
        at = seconds(case["fires" if fires else "silent"])
        expected = [(at, fires)]
        if fires and "for" in rule:
            expected.append((at - seconds(step), False))
        tests.append({
            "interval": step,
            "input_series": [{"series": name, "values": str(values)} for name, values in case["series"].items()],
            "promql_expr_test": [{"expr": firing, "eval_time": f"{when}s", "exp_samples": [{"labels": "{}", "value": 1}] if yes else []}
                                 for when, yes in expected],
        })
    with tempfile.TemporaryDirectory() as folder:
        rules, test = pathlib.Path(folder, "rules.json"), pathlib.Path(folder, "test.json")
        every = min((seconds(case.get("every", "1m")) for case in cases), default=60)
        rules.write_text(json.dumps({"groups": [{"name": "g", "rules": [*needs, rule]}]}))
        test.write_text(json.dumps({"rule_files": [str(rules)], "evaluation_interval": f"{every}s", "tests": tests}))
        return promtool("test", "rules", test)


def moved(rule):
    """The alert with one threshold, or its patience, moved: each of these has to be noticed."""
    for found in THRESHOLD.finditer(rule["expr"]):
        value = float(found[2])
        for other in ([value * 0.8, value * 1.25] if value > 1 or value % 1 else [value + 1]):
            expr = rule["expr"][: found.start()] + f"{found[1]}{other:g}" + rule["expr"][found.end():]
            yield f"{found[0]} became {found[1]}{other:g}", {**rule, "expr": expr}
    if "for" in rule:
        for factor in (0.5, 2):
            patience = f"{int(seconds(rule['for']) * factor)}s"
            yield f"for: {rule['for']} became {patience}", {**rule, "for": patience}


def judge(alerts, name):
    """An alert over its cases, and all moved ones; the name, what is wrong, and how many were noticed."""
    rule, cases = alerts.all[name], alerts.cases.get(name, [])
    if not any("fires" in case for case in cases) or not any("silent" in case for case in cases):
        return name, "has no case in dev/alerts/cases.yaml where it fires, or none where it is silent", 0
    problem = wrong(rule, alerts.needs(rule), cases)
    if problem:
        return name, problem, 0
    noticed = 0
    for what, other in moved(rule):
        if not wrong(other, alerts.needs(rule), cases):
            return name, f"no case notices that {what}", noticed
        noticed += 1
    return name, "", noticed


def written(rule):
    """What an alert must tell the one who is woken."""
    annotations = rule["annotations"]
    if rule["labels"]["severity"] not in ("warning", "critical"):
        return "its severity is neither warning nor critical"
    if not annotations["runbook_url"].endswith("/runbook.md#" + rule["alert"].lower()):
        return "runbook_url does not end with /runbook.md#" + rule["alert"].lower()
    if len(annotations["summary"]) > 100 or len(annotations["description"]) < 80:
        return "the summary is long, or the description short"
    return ""


def golden():
    """Each metric that a process shows, with its labels: lines of `type name label,label`."""
    known = dict(NOT_OURS)
    for path in GOLDEN:
        for line in path.read_text().splitlines():
            if line and not line.startswith("#"):
                kind, name, *labels = line.split(" ")
                for series in [f"{name}_bucket", f"{name}_count", f"{name}_sum"] if kind in ("histogram", "summary") else [name]:
                    known.setdefault(series, set()).update(*[label.split(",") for label in labels])
    return known


def unknown(expr, known, recorded):
    """What an expression names that no process shows and no rule records."""
    expr = re.sub(r"#.*", "", expr)
    bare = re.sub(r'"[^"]*"', '""', expr)
    metrics = set(re.findall(r"\b(?:hermes|jvm|process|system)_\w+", bare)) | set(re.findall(r"\bup\b", bare))
    problems = [f"no process shows {metric}" for metric in sorted(metrics - known.keys())]
    problems += [f"no rule records {name}" for name in re.findall(r"\bhermes:[\w:]+", bare) if name not in recorded]
    labels = set().union(TARGET_LABELS, *(known.get(metric, set()) for metric in metrics))
    used = re.findall(r"(\w+)\s*(?:=~|!~|!=|=(?!=))", bare)
    for listed in re.findall(r"\b(?:by|on|without|ignoring|group_left|group_right)\s*\(([^)]*)\)", bare):
        used += re.findall(r"\w+", listed)
    return "; ".join(problems + [f"none of its metrics has a label {label}" for label in sorted(set(used) - labels)])


def sections():
    """The sections of the runbook that are of an alert."""
    return re.findall(r"^#+ (Hermes\w+)$", RUNBOOK.read_text(), re.M)


def panels(dashboard):
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def dashboards(known, recorded):
    for path in sorted((FILES / "dashboards").glob("*.json")):
        dashboard, problems, rules = json.loads(path.read_text()), [], []
        variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
        for variable in variables.values():
            asked = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]["query"]) if variable["type"] == "query" else None
            if asked and asked[2] not in known.get(asked[1], ()):
                problems.append(f"variable {variable['name']}: {asked[1]} has no label {asked[2]}")
        for panel in panels(dashboard):
            if panel["type"] == "row":
                continue
            if not panel.get("title") or not panel.get("targets"):
                problems.append(f"panel {panel.get('id')} has no title, or asks nothing")
            for target in panel.get("targets", []):
                problem = unknown(target["expr"], known, recorded)
                problems += [f"{panel['title']}: {problem}"] if problem else []
                expr = re.sub(r"\$\w+", ".*", target["expr"].replace("$__rate_interval", "5m"))
                rules.append({"record": "panel", "expr": expr, "labels": {"number": str(len(rules))}})
            problems += [f"{panel['title']}: there is no variable {name}" for target in panel.get("targets", [])
                         for name in re.findall(r"\$([a-z]\w*)", target["expr"]) if name not in variables]
        ids = [panel["id"] for panel in panels(dashboard)]
        if len(ids) != len(set(ids)):
            problems.append("two panels have one id")
        with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
            json.dump({"groups": [{"name": "g", "rules": rules}]}, f)
            f.flush()
            problems.append(promtool("check", "rules", f.name))
        check(f"dashboard {path.stem}: {len(rules)} expressions parse and name what there is", "\n".join(filter(None, problems)))


def main():
    alerts = Alerts()
    check("promtool check rules", promtool("check", "rules", RULES))
    extra = sorted(alerts.cases.keys() - alerts.all.keys())
    check("each case is of an alert", f"no such alert: {extra}" if extra else "")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, problem, noticed in pool.map(lambda each: judge(alerts, each), alerts.all):
            check(f"{name}: {len(alerts.cases.get(name, []))} cases; {noticed} moved thresholds noticed", problem)
    for name, rule in alerts.all.items():
        check(f"{name} tells what is wrong and what to read", written(rule))
    check("the runbook has a section for each alert, and no other", " ".join(sorted(set(alerts.names()) ^ set(sections()))))
    check("the runbook has no section twice", "" if len(sections()) == len(set(sections())) else "it has")
    known = golden()
    for name, rule in [*alerts.recorded.items(), *alerts.all.items()]:
        check(f"{name} names what there is", unknown(rule["expr"], known, alerts.recorded))
    dashboards(known, alerts.recorded)
    print(f"alerts: {count} checks, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
