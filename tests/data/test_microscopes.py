"""FMD and W2S: what file names say, and the real files."""

import numpy as np
import pytest

from r2r_tf.data import datasets
from r2r_tf.evaluation import metrics
from tfds_builders.w2s import w2s_dataset_builder as w2s


def test_w2s_names():
    assert w2s.parse_name("target_avg400_031_2.tif") == ("target", 31, 2)
    with pytest.raises(ValueError, match="Received: 'target_avg400_31_2.tif'"):
        w2s.parse_name("target_avg400_31_2.tif")


@pytest.mark.release
def test_real_microscopes(manual_dir, real_data_dir):
    """Counts, settings, no field on both sides, and what is known of these files as they are."""
    parts = {
        name: {split: datasets.load_pictures(builder, split) for split in builder.info.splits}
        for name, builder in ((name, datasets.prepare(name, real_data_dir, manual_dir)) for name in ("fmd", "w2s"))
    }
    micrographs = parts["fmd"]["test"]
    assert len(micrographs) == 48 and len({p.setting for p in micrographs}) == 12
    assert np.mean([metrics.psnr(p.clean, p.noisy) for p in micrographs]) == pytest.approx(27.22, abs=0.01)
    builder = datasets.prepare("fmd/without_confocal", real_data_dir, manual_dir)
    others, confocal = (datasets.load_pictures(builder, split) for split in ("train", "test"))
    assert len(others) == 28 and {p.setting.partition("_")[0] for p in confocal} == {"Confocal"}
    assert {p.setting.partition("_")[0] for p in others} == {"TwoPhoton", "WideField"}
    train, test = parts["w2s"]["train"], parts["w2s"]["test"]
    assert (len(train), len(test)) == (90, 30) and {p.setting for p in test} == {"dye 0", "dye 1", "dye 2"}
    assert not {p.name[:3] for p in train} & {p.name[:3] for p in test}
    fitted = [metrics.psnr(p.clean, metrics.fitted(p.clean, p.noisy), clip=False) for p in test]
    assert np.mean(fitted) == pytest.approx(20.60, abs=0.01)
