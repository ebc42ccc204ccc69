#!/usr/bin/env python3
"""Checks every #include against the tables of docs/architecture.md, and that every test source stands in a CMakeLists.txt.

Prints one line for each breach and exits 1 if there is one.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]', re.MULTILINE)


def rows(header):
    """The cells of the markdown table whose header line begins with these words."""
    text = (ROOT / "docs/architecture.md").read_text()
    lines = iter(text[text.index(f"| {header} |"):].splitlines()[2:])
    for line in lines:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.strip("|").split("|")]


def tracked(*patterns):
    out = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, check=True, capture_output=True, text=True)
    return out.stdout.split()


def below(path, folder):
    return path == folder or path.startswith(folder + "/") or path.startswith(folder + ".")


def main():
    allowed = {folder.strip("`"): may.split() for folder, may in rows("folder")}
    owners = {prefix.strip("` "): where.split() for header, where in rows("header") for prefix in header.split(",")}
    if len(allowed) < 20 or len(owners) < 8:
        print("docs/architecture.md: its tables were not understood")
        return 1
    problems = []
    for source in tracked("*.cpp", "*.hpp"):
        folder = max((f for f in allowed if below(source, f)), key=len, default=None)
        if folder is None:
            problems.append(f"{source}: in no folder of docs/architecture.md")
            continue
        for kind, name in INCLUDE.findall((ROOT / source).read_text(errors="replace")):
            for prefix, where in owners.items():
                if (name.startswith(prefix) or (prefix.startswith("_") and name.endswith(prefix))) and not source.startswith("tests/"):
                    if not any(below(source, owner) for owner in where):
                        problems.append(f"{source}: {name} belongs to {' '.join(where)} alone")
            if kind == "<" or name.endswith("_generated.h"):
                continue
            target = max((f for f in allowed if below(name, f)), key=len, default=None)
            if target == folder or folder in ("daemon", "daemon/api") and below(name, "daemon"):
                continue
            if not any(below(name, may) for may in allowed[folder]):
                problems.append(f"{source}: may not include {name}")
    cmake = {path.parent: path.read_text() for path in (ROOT / "tests").rglob("CMakeLists.txt")}
    for source in tracked("tests/**/*.cpp", "tests/e2e/*_test.py", "tests/faults/*_test.py"):
        path = ROOT / source
        if not any(path.is_relative_to(folder) and (path.name in text or f"({path.stem} " in text) for folder, text in cmake.items()):
            problems.append(f"{source}: in no CMakeLists.txt, so it never runs")
    print("\n".join(problems) if problems else f"layering: {len(tracked('*.cpp', '*.hpp'))} sources keep to docs/architecture.md")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
