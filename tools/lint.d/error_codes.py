"""Checks that docs/operations.md tells what to do about every error code, and names none that is not there."""
import re
import sys
from pathlib import Path

root = Path(__file__).resolve().parents[2]
codes = set(re.findall(r'^\s*X\(\w+, "([a-z-]+)"', (root / "schema/base/error_code.hpp").read_text(), re.M))
table = (root / "docs/operations.md").read_text().split("| code | what to do |\n", 1)[1].split("\n\n", 1)[0]
named = [code for row in table.splitlines()[1:] for code in re.findall(r"`([^`]+)`", row.split("|")[1])]

problems = [f"{code} is missing" for code in sorted(codes - set(named))]
problems += [f"{code} is no error code" for code in sorted(set(named) - codes)]
problems += [f"{code} stands twice" for code in sorted(set(named)) if named.count(code) > 1]
for problem in problems:
    print(f"docs/operations.md, error codes: {problem}")
sys.exit(1 if problems or not codes else 0)
