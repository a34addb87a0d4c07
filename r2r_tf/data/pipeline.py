"""From frozen noisy images to batches: random patches, and the tf.data map that recorrupts them on the fly.

Every draw is stateless (see `stateless_draws`): a batch depends on its number alone. Images are [H, W, C], batches [B, p, p, C],
float32, [0, 1] scale, neither clipped nor rounded once noise is on them.
"""

from r2r_tf import objectives
from r2r_tf.backend import tf
from r2r_tf.data import patch_noise, raised, sampling, shares, stateless_draws
from r2r_tf.errors import InputError


def batches(
    images,
    *,
    alpha,
    objective,
    antithetic,
    batch_size,
    patch_size,
    seed,
    role,
    first_step,
    num_steps,
    with_clean=False,
    with_level=False,
    levels=None,
    share=shares.WHOLE,
):
    """The data set of training (or validation) batches number first_step, first_step + 1, ...

    Crops are drawn in the sensor's frame, z too; input, target and clean patch are then flipped and rotated together.

    Args:
      images: list of `FrozenImage`.
      alpha, antithetic: of the recorruption, where the objective recorrupts.
      objective: name of an objective, see `objectives`.
      batch_size: network inputs a step; even with antithetic.
      patch_size: side of the square crops.
      seed: of crops, flips and z.
      role: 'train' or 'validation'; the two share no draws.
      first_step, num_steps: the steps to deliver.
      with_clean: append the clean patch to the target's channels, for the monitored PSNR; losses ignore it.
      with_level: append the standard deviation of the input's noise to the input's channels.
      levels: (low, high) for raised levels between them, see `raised`; alpha is then the least.
      share: `shares.Shares` of every batch that are delivered, one after the other; B is then the size of one.
    Returns:
      `tf.data.Dataset` of (input [B, p, p, C or C + 1], target [B, p, p, C or 2C]) float32, with levels also weights [B, 1, 1].
    Raises:
      InputError: an image is smaller than a patch, an odd batch is to be antithetic or shares would differ in size, clean images
        are needed and missing.
    """
    rule = objectives.of_images(objective, images[0].simulated)
    mirrored = rule.paired and antithetic
    if mirrored and batch_size % 2:
        raise InputError(f"`batch_size` must be even with `antithetic` (pairs z, -z). Received: {batch_size}")
    if (rule.clean or with_clean) and any(image.clean is None for image in images):
        raise InputError(f"`objective={objective}` needs clean images, and the data set has none. Use `objective=r2r`.")
    sources = {"noisy", rule.source or "noisy"} | ({"clean"} if with_clean else set())
    pixels = {name: sampling.pack([getattr(image, name) for image in images]) for name in sorted(sources)}
    sampling.check_sizes(pixels["noisy"], patch_size)
    patches_per_step, channels = patches_of(objective, antithetic, batch_size), images[0].noisy.shape[-1]
    size = share.size(patches_per_step)
    choose = raised.chooser(images, rule, alpha, levels, patches_per_step, seed, role)
    noise_of, z_seed = patch_noise.of_images(images, patch_size), stateless_draws.key(seed, f"{role} z")

    def crop(number):
        step, begin = share.step_and_begin(number, size)
        image, *raising = choose(step)
        corners = sampling.random_corners(pixels["noisy"], patch_size, image, seed, role, step)
        corners = tuple(shares.part(own, begin, size) for own in corners)
        raising = tuple(None if own is None else shares.part(own, begin, size)[:, None, None, None] for own in raising)
        patches = {name: sampling.gather(values, corners, patch_size) for name, values in pixels.items()}
        return (step, begin), corners, raising, patches

    def recorrupt(place, corners, raising, patches):
        noise, (gain, own_alpha) = noise_of(corners), raising
        draws = stateless_draws.KeyedDraws(z_seed, place[0], (size, patch_size, patch_size, channels), place[1], patches_per_step)
        twins = (draws, draws.mirrored()) if mirrored else (draws,)
        pairs = [rule.pair(patches, noise, own, own_alpha, gain) for own in twins]
        inputs, targets = (tf.concat(part, axis=0) for part in zip(*pairs, strict=True))
        if with_clean:
            targets = tf.concat([targets, tf.concat([patches["clean"]] * len(twins), axis=0)], axis=-1)
        level = noise.scaled(gain).level() if with_level or levels else None
        if with_level:
            shown = level * tf.ones_like(patches["noisy"][..., :1])
            inputs = tf.concat([inputs, tf.concat([shown] * len(twins), axis=0)], axis=-1)
        weights = ()
        if levels:
            own = raised.weights(level, rule.target_variance(noise, own_alpha))
            weights = (tf.concat([own] * len(twins), axis=0),)
        return place, inputs, targets, *weights

    def flip_together(place, inputs, targets, *weights):
        code = shares.part(sampling.random_flips(patches_per_step, seed, role, place[0]), place[1], size)
        code = tf.tile(code, [2]) if mirrored else code
        return sampling.flip(inputs, code), sampling.flip(targets, code), *weights

    dataset = tf.data.Dataset.range(first_step * share.count, (first_step + num_steps) * share.count)
    for function in (crop, recorrupt, flip_together):
        dataset = dataset.map(function, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    options = tf.data.Options()
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
    # its tuner wakes up at doubling intervals, and an iterator's end waits for it: 10 s of training took 20
    options.autotune.enabled = False
    return dataset.with_options(options).prefetch(4)


def patches_of(objective, antithetic, batch_size):
    """How many patches a batch is made of: half of it with antithetic pairs."""
    return batch_size // 2 if objectives.OBJECTIVES[objective].paired and antithetic else batch_size
