"""The ablation over peaks."""

import pytest

from r2r_tf import noise, pretrained
from r2r_tf.commands.ablations import peaks
from r2r_tf.data import test_sets
from r2r_tf.models import denoisers

pytestmark = pytest.mark.slow


def test_peaks_are_counted(data_dir):
    """Nothing told is as good as the true law, and both are better than white noise, at few photons."""
    denoiser = denoisers.load(pretrained.DEFAULTS[1])
    test = test_sets.load_test_set("skimage_natural", noise.Poisson(1 / 10), 1, data_dir=data_dir, max_images=1)
    (case,) = peaks.cases(denoiser, {10: [test]})
    figures = {row["series"]: row["psnr"] for row in case.measure()}
    assert figures["nothing told"] > figures["taken for white"] + 1
    assert figures["nothing told"] == pytest.approx(figures["true law told"], abs=0.3)
    assert figures["nothing told"] > figures["non-local means"] > figures["noisy input"]
