"""The package as a whole: what importing it costs, and that the wheel works elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent


def python(code: str, **more: object) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, **more).stdout  # type: ignore[call-overload,no-any-return]


def test_importing_and_judging_load_neither_scikit_learn_nor_mitmproxy() -> None:
    heavy = "sorted({'sklearn', 'scipy', 'mitmproxy', 'starlette', 'jinja2', 'onnxruntime', 'PIL'} & set(sys.modules))"
    code = f"import sys; from safeguard import Guard; Guard().check_text('xin chào'); print({heavy})"
    assert python(code).strip() == "[]"


def test_importing_the_package_loads_not_even_numpy() -> None:
    assert python("import sys, safeguard; print('numpy' in sys.modules, 'pydantic' in sys.modules)").split() == [
        "False",
        "False",
    ]


def test_a_guard_needs_no_network_and_writes_nothing(tmp_path: Path) -> None:
    code = (
        "import socket\n"
        "def refuse(*a, **k): raise AssertionError('network')\n"
        "socket.socket.connect = refuse; socket.getaddrinfo = refuse\n"
        "from safeguard import Guard; g = Guard(); g.check_text('xin chào'); g.check_url('https://a.test')"
    )
    python(code, cwd=tmp_path, env=os.environ | {"SAFEGUARD_HOME": str(tmp_path / "state"), "HOME": str(tmp_path)})
    assert list(tmp_path.iterdir()) == []


def test_the_wheel_carries_rules_and_model_and_works_elsewhere(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(tmp_path / "installed")
    for name in ("categories.toml", "profiles/primary.toml", "phrases/vi/gambling.toml", "hosts/seed.toml"):
        assert f"safeguard/_data/rules/{name}" in names
    assert "safeguard/_data/models/text/weights.npy" in names
    assert "safeguard/py.typed" in names
    assert "proxy_addon/master.py" in names
    assert not any("models/corpus" in name for name in names)
    # Installed like this the package is found before the checkout, and its data beside it.
    code = (
        "import safeguard, safeguard.resources as r; from safeguard import Guard\n"
        "assert 'installed' in safeguard.__file__ and r.data_root().name == '_data', safeguard.__file__\n"
        "print(Guard().check_text('Nhà cái uy tín, nạp rút 24/7, tài xỉu, nổ hũ').top[0])"
    )
    out = python(code, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(tmp_path / "installed")})
    assert out.strip() == "gambling"
