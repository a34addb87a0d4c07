"""From frozen noisy images to batches: random patches, and the tf.data map that recorrupts them on the fly.

Every draw is stateless (see `sampling`), so a batch depends on its number alone. Images are [H, W, C], batches [B, p, p, C],
float32, [0, 1] scale, neither clipped nor rounded once noise is on them.
"""

from r2r_tf import objectives, recorruption
from r2r_tf.backend import tf
from r2r_tf.data import patch_noise, sampling
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
    Returns:
      `tf.data.Dataset` of (input [B, p, p, C or C + 1], target [B, p, p, C or 2C]) float32.
    Raises:
      InputError: an image is smaller than a patch, an odd batch is to be antithetic, clean images are needed and missing.
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
    own_gains = rule.input_gains(alpha, [image.binned_by for image in images])
    own_alphas = [recorruption.alpha_of_gain(gain) for gain in own_gains]
    gains, alphas = (tf.constant(values, tf.float32)[:, None, None, None] for values in (own_gains, own_alphas))
    noise_of, z_seed = patch_noise.of_images(images, patch_size), sampling.key(seed, f"{role} z")

    def crop(step):
        corners = sampling.random_corners(pixels["noisy"], patch_size, patches_per_step, seed, role, step)
        return step, corners, {name: sampling.gather(values, corners, patch_size) for name, values in pixels.items()}

    def recorrupt(step, corners, patches):
        noise = noise_of(corners)
        gain, own_alpha = tf.gather(gains, corners[0]), tf.gather(alphas, corners[0]) if any(own_alphas) else None
        draws = sampling.KeyedDraws(z_seed, step, (patches_per_step, patch_size, patch_size, channels))
        twins = (draws, draws.mirrored()) if mirrored else (draws,)
        pairs = [rule.pair(patches, noise, own, own_alpha, gain) for own in twins]
        inputs, targets = (tf.concat(part, axis=0) for part in zip(*pairs, strict=True))
        if with_clean:
            targets = tf.concat([targets, tf.concat([patches["clean"]] * len(twins), axis=0)], axis=-1)
        if with_level:
            level = noise.scaled(gain).level() * tf.ones_like(patches["noisy"][..., :1])
            inputs = tf.concat([inputs, tf.concat([level] * len(twins), axis=0)], axis=-1)
        return step, inputs, targets

    def flip_together(step, inputs, targets):
        code = sampling.random_flips(patches_per_step, seed, role, step)
        code = tf.tile(code, [2]) if mirrored else code
        return sampling.flip(inputs, code), sampling.flip(targets, code)

    dataset = tf.data.Dataset.range(first_step, first_step + num_steps)
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
