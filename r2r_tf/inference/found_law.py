"""Which law the noise of pictures has; where that is not sure, the one by which pixels that are held out are estimated best."""

import numpy as np

from r2r_tf import pretrained
from r2r_tf.estimation import laws, likeness
from r2r_tf.image_files import content
from r2r_tf.inference import passes
from r2r_tf.models import denoisers

_SIDE, _PAGES = 288, 4  # of the windows that laws are compared on, and how many pages at most
_SURE = 4.0  # standard errors by which an unsure law has to be better than white noise
_STEP, _OFFSETS = 4, (1, 3)  # every so many rows and columns a pixel is held out, from these on


def of_pages(pages, kind=None, denoiser=None, scale=None):
    """The one law of the pages of a recording; None for white noise, or where they do not tell or do not agree.

    Args:
      pages, kind: as in `laws.of_pages`.
      denoiser: homogeneous `denoisers.Denoiser` for white noise of any level; None for the shipped one.
      scale: `ValueRange` of the pages. With it, smooth noise of a gray JPEG that may be a camera's, or a texture's grain, has no
        law either: weights for smooth noise take away more than is noise.
    Returns:
      `laws.Law`, `speckle.Speckle` or None.
    """
    found = laws.of_pages(pages, kind) or (laws.of_kind(pages, kind) if kind else [])
    if scale and found and found[0].smooth and _may_be_of_camera(pages, scale):
        return None
    if len(found) < 2:
        return found[0] if found else None
    denoiser = denoiser or denoisers.load(pretrained.DEFAULTS[1])
    windows = [np.asarray(page, np.float64)[content.middle(page.shape, _SIDE)] for page in laws.without_holes(pages)[:_PAGES]]
    errors = [np.concatenate([_errors(denoiser, window, law) for window in windows]) for law in found]
    best = min(range(len(found)), key=lambda number: errors[number].mean())
    if found[0].grows:
        return found[best]
    gain = errors[0] - errors[best]
    return found[best] if gain.mean() > _SURE * gain.std() / np.sqrt(gain.size) else None


def _may_be_of_camera(pages, scale):
    law = denoisers.noise_of(pretrained.SHARP_CAMERA).gray()
    gray = [page for page in pages if page.shape[-1] == 1 and np.isfinite(page).all()]
    return bool(gray) and all(likeness.is_like(scale.to_unit(page), law) for page in gray)


def _errors(denoiser, y, law):
    estimates, held = held_out(denoiser, y, law)
    return np.square(estimates - np.broadcast_to(y, held.shape)[held])


def held_out(denoiser, y, law):
    """Estimates of pixels that the denoiser does not see; it sees the mean of their neighbours instead.

    The noise of a pixel says nothing of that of others. So the mean square error of these estimates against the noisy pixels
    exceeds that against the clean ones by the variance of their noise, whichever the law is.

    Args:
      denoiser: as in `of_pages`.
      y: [H, W] noisy values.
      law: what is taken for the law of their noise.
    Returns:
      ([K] estimates, which pixels they are of: [masks, H, W] boolean).
    Source: Batson and Royer, Noise2Self, ICML 2019.
    """
    wide = np.pad(y, 1, mode="reflect")
    around = (wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:]) / 4
    held = np.zeros((len(_OFFSETS), *y.shape), bool)
    for own, offset in zip(held, _OFFSETS, strict=True):
        own[offset::_STEP, offset::_STEP] = True
    t = law.stabilised(np.where(held, around, y))[..., None]
    zero, unit = content.of_sample(t[0]).zero_and_unit(1.0)
    estimate = law.unstabilised(passes.apply(denoiser, np.float32((t - zero) / unit), 1 / unit).astype(np.float64) * unit + zero)
    return estimate[..., 0][held], held
