#!/usr/bin/env python3
"""Holds `gatepost diff` against z3, a solver that was told what IAM documents mean and nothing else.

Random pairs of documents go to both. z3 is asked, for each direction, whether there is a request
that one side allows and the other does not, its path being any text and each condition true or
false. Whatever z3 says must be what the command says.

    diff_agrees.py GATEPOST [PAIRS] [SEED]
"""

import json
import random
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import z3

STAGE = "arn:aws:execute-api:eu-west-1:123456789012:a1/prod"
VERBS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"]
CONDITIONS = {
    "home": {"StringEquals": {"aws:UserAgent": "x"}},
    "secure": {"StringEquals": {"aws:Referer": "y"}},
}


def random_path(rng):
    return "".join(rng.choice("ab/*?m") for _ in range(rng.randrange(6)))


def random_resource(rng):
    kind = rng.randrange(10)
    if kind == 0:
        return "*"
    if kind <= 2:
        verb = rng.choice(["GET", "*", "P*", "?ET"])
        return f"{STAGE}/{verb}/{random_path(rng)}"
    return f"{rng.choice(['GET', 'PUT', 'DELETE', '*'])}/{random_path(rng)}"


def random_statement(rng):
    statement = {"Effect": rng.choice(["Allow", "Allow", "Deny"])}
    if rng.random() < 0.1:
        statement["NotAction"] = rng.choice(["execute-api:InvalidateCache", "execute-api:*"])
    else:
        statement["Action"] = rng.choice(["execute-api:Invoke", "execute-api:*", "*"])
    member = "NotResource" if rng.random() < 0.15 else "Resource"
    statement[member] = [random_resource(rng) for _ in range(rng.randrange(1, 4))]
    if rng.random() < 0.25:
        statement["Condition"] = CONDITIONS[rng.choice(list(CONDITIONS))]
    return statement


def random_pair(rng):
    before = [random_statement(rng) for _ in range(rng.randrange(1, 5))]
    if rng.random() < 0.5:
        after = [random_statement(rng) for _ in range(rng.randrange(1, 5))]
    else:
        after = [dict(statement) for statement in before]
        after[rng.randrange(len(after))] = random_statement(rng)
        if rng.random() < 0.3:
            rng.shuffle(after)
    return before, after


ANY = z3.Full(z3.ReSort(z3.StringSort()))
ONE = z3.AllChar(z3.ReSort(z3.StringSort()))


def glob(text):
    """The regular expression of a text with IAM's wildcards."""
    parts = []
    for letter in text:
        parts.append(ANY if letter == "*" else ONE if letter == "?" else z3.Re(letter))
    if not parts:
        return z3.Re("")
    return parts[0] if len(parts) == 1 else z3.Concat(*parts)


def either(expressions):
    return expressions[0] if len(expressions) == 1 else z3.Union(*expressions)


def pattern(resource):
    """What a resource pattern means of `VERB/path`."""
    if resource == "*":
        return ANY
    if resource.startswith("arn:"):
        return glob(resource.removeprefix(STAGE + "/"))
    verb, path = resource.split("/", 1)
    verbs = VERBS if verb == "*" else [verb]
    return either([z3.Concat(z3.Re(verb + "/"), glob(path)) for verb in verbs])


def is_about_invoke(statement):
    if "NotAction" in statement:
        return statement["NotAction"] != "execute-api:*"
    return True


def allows(statements, request, conditions):
    """The formula: a statement allows and none denies."""
    applying = {"Allow": [], "Deny": []}
    for statement in statements:
        if not is_about_invoke(statement):
            continue
        resources = statement.get("Resource", statement.get("NotResource"))
        matches = z3.InRe(request, either([pattern(one) for one in resources]))
        formula = matches if "Resource" in statement else z3.Not(matches)
        for name, condition in CONDITIONS.items():
            if statement.get("Condition") == condition:
                formula = z3.And(formula, conditions[name])
        applying[statement["Effect"]].append(formula)
    return z3.And(z3.Or(applying["Allow"]), z3.Not(z3.Or(applying["Deny"])))


def solve(before, after):
    """Whether anything is gained, and whether anything is lost; None where z3 does not know."""
    request = z3.String("request")
    conditions = {name: z3.Bool(name) for name in CONDITIONS}
    is_request = z3.InRe(request, z3.Concat(either([z3.Re(verb + "/") for verb in VERBS]), ANY))
    one = allows(before, request, conditions)
    other = allows(after, request, conditions)
    answers = []
    for formula in (z3.And(other, z3.Not(one)), z3.And(one, z3.Not(other))):
        solver = z3.Solver()
        solver.set("timeout", 20_000)
        solver.add(is_request, formula)
        known = {"sat": True, "unsat": False, "unknown": None}
        answers.append(known[str(solver.check())])
    return answers


def document(statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def compare(gatepost, before, after):
    """Whether the command says that anything is gained, and that anything is lost."""
    with tempfile.TemporaryDirectory() as folder:
        sides = [Path(folder, name) for name in ("before.json", "after.json")]
        for side, statements in zip(sides, (before, after)):
            side.write_text(document(statements))
        command = [gatepost, "diff", "--format", "json", "--stage", STAGE, *map(str, sides)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode not in (0, 1):
        raise SystemExit(f"exit status {run.returncode}: {run.stderr}")
    [subject] = json.loads(run.stdout)["subjects"]
    invoked = lambda change: change["witness"]["action"] == "execute-api:Invoke"
    verbs = lambda change: change["witness"]["method"] in VERBS
    return [
        any(invoked(change) and verbs(change) for change in subject[direction])
        for direction in ("gained", "lost")
    ]


def main():
    gatepost = sys.argv[1]
    pairs = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    rng = random.Random(seed)
    cases = [random_pair(rng) for _ in range(pairs)]
    started = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        said = list(pool.map(lambda case: compare(gatepost, *case), cases))
    contradictions, unknown, differing = [], 0, 0
    for case, command_says in zip(cases, said):
        for direction, solver_says, says in zip(("gained", "lost"), solve(*case), command_says):
            if solver_says is None:
                unknown += 1
            elif solver_says != says:
                contradictions.append((direction, solver_says, *map(document, case)))
            differing += says
    took = time.monotonic() - started
    print(
        f"{pairs} pairs, {differing} of {2 * pairs} directions differ, z3 does not know {unknown}, "
        f"{len(contradictions)} contradictions, {took:.0f} s"
    )
    for direction, solver_says, before, after in contradictions[:3]:
        print(f"{direction}: z3 says {solver_says}\n  before {before}\n  after  {after}")
    # Were all equal or all different, or most too hard for z3, this would show nothing.
    if contradictions or unknown * 10 > pairs or not pairs // 5 < differing < 2 * pairs - pairs // 5:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
