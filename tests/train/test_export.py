from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra mien[train]")

from mien.errors import ModelError  # noqa: E402
from mien.models.session import Session  # noqa: E402
from mien.train import export as exporting  # noqa: E402
from mien.train.export import export  # noqa: E402
from mien.train.network import FaceNetwork, normalise, parameters  # noqa: E402


def tiny(channels: int = 3) -> FaceNetwork:
    torch.manual_seed(2)
    heads = {"age": 5, "gender": 2, "teacher": 3}
    network = FaceNetwork(channels=channels, stem=8, stages=[(16, 1), (24, 2)], heads=heads, dropout=0.5)
    for block in network.modules():
        if isinstance(block, torch.nn.BatchNorm2d):  # untrained blocks are their shortcut alone
            torch.nn.init.uniform_(block.weight, 0.5, 1.5)
            torch.nn.init.uniform_(block.running_mean, -0.5, 0.5)
    return network.eval()


@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize(("half", "allowed"), [(False, 1e-4), (True, 1e-2)])
def test_the_file_gives_pytorchs_probabilities_for_any_batch(
    tmp_path: Path, grey: bool, half: bool, allowed: float
) -> None:
    network = tiny(1 if grey else 3)
    path = tmp_path / "tiny.onnx"
    difference = export(network, path, heads=("age", "gender"), size=32, grey=grey, half=half)
    assert difference <= allowed
    session = Session(path)
    assert session.outputs == ("age", "gender")
    for count in (0, 1, 7):
        crops = np.random.default_rng(count).integers(0, 256, (count, 32, 32, 3), np.uint8)
        out = session.run({"crops": crops})
        assert out["age"].shape == (count, 5)
        assert out["age"].dtype == np.float32
        assert np.allclose(out["gender"].sum(1), 1, atol=1e-5)
        picture = torch.from_numpy(crops)
        if grey:
            picture = (picture.float() @ torch.tensor([0.299, 0.587, 0.114]))[..., None]
        wanted = network(normalise(picture))["age"].softmax(1).detach().numpy()
        assert np.abs(out["age"] - wanted).max(initial=0) <= allowed


def test_half_precision_halves_the_file(tmp_path: Path) -> None:
    sizes = []
    for half in (False, True):
        path = tmp_path / f"{half}.onnx"
        export(tiny(), path, heads=("age",), size=32, grey=False, half=half)
        sizes.append(path.stat().st_size)
    saved = sizes[0] - sizes[1]
    assert saved > 0.9 * 2 * parameters(tiny().trunk) * 0.9


def test_a_file_that_differs_from_pytorch_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "PARITY_FP16", 1e-12)
    with pytest.raises(ModelError, match=r"differs from PyTorch by .* export it in fp32"):
        export(tiny(), tmp_path / "tiny.onnx", heads=("age",), size=32, grey=False, half=True)


def test_the_file_runs_where_pytorch_is_not_installed(tmp_path: Path) -> None:
    path = tmp_path / "tiny.onnx"
    export(tiny(), path, heads=("gender",), size=32, grey=False, half=True)
    script = f"""
import sys, json
sys.modules["torch"] = None
import numpy as np
from pathlib import Path
from mien.models.session import Session
out = Session(Path({str(path)!r})).run({{"crops": np.zeros((2, 32, 32, 3), np.uint8)}})
print(json.dumps(out["gender"].sum(1).tolist()))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == pytest.approx([1, 1], abs=1e-5)


def test_the_network_halves_the_picture_once_a_stage_and_counts_its_parameters() -> None:
    network = FaceNetwork(channels=3, stem=4, stages=[(8, 1)], heads={"a": 2}, dropout=0)
    assert network.trunk(torch.zeros(1, 3, 16, 16)).shape == (1, 8, 4, 4)
    # stem 3·4·9 + 8; block 4·8·9 + 16 + 8·8·9 + 16; shortcut 4·8 + 16; head 8·2 + 2
    assert parameters(network) == 116 + 896 + 48 + 18
