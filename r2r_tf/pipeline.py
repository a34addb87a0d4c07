"""From frozen noisy images to batches: random patches, and the tf.data map that recorrupts them on the fly.

Every draw is stateless (see `sampling`), so a batch depends on its number alone. Images are [H, W, C], batches [B, p, p, C],
float32, [0, 1] scale, neither clipped nor rounded once noise is on them.
"""

from r2r_tf import patch_noise, recorruption, sampling
from r2r_tf.backend import tf
from r2r_tf.errors import InputError

# the objectives whose inputs are recorrupted by --alpha; the others raise the noise of binned copies alone
RECORRUPTING = ("r2r", "distill")
TARGETS = {"n2c": "clean", "n2n": "second", "distill": "taught"}


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
      images: `Images` of this part.
      alpha, antithetic: of the recorruption, for r2r and, antithetic left out, distill.
      objective: 'r2r' (recorrupted pairs), 'n2c' (fresh noise on the clean image, or the real noisy one; clean target),
        'n2n' (first noisy copy, second one as target) or 'distill' (recorrupted input, or y itself for alpha 0; the teacher's
        estimate from y as target: if that is E[x | y], its expectation given y + alpha z is E[x | y + alpha z]).
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
    mirrored = objective == "r2r" and antithetic
    if mirrored and batch_size % 2:
        raise InputError(f"--batch_size must be even with --antithetic (pairs z, -z). Received: {batch_size}")
    if (objective == "n2c" or with_clean) and images.clean is None:
        raise InputError(f"--objective={objective} needs clean images, and the data set has none. Use --objective=r2r.")
    sources = {"noisy": images.noisy}
    if objective == "n2c" or with_clean:
        sources["clean"] = images.clean
    if objective == "n2n":
        sources["second"] = images.second
    if objective == "distill":
        sources["taught"] = images.taught
    pixels = {name: sampling.pack(values) for name, values in sources.items()}
    sampling.check_sizes(pixels["noisy"], patch_size)
    patches_per_step = patches_of(objective, antithetic, batch_size)
    own_gains = input_gains(images, objective, alpha)
    own_alphas = [recorruption.alpha_of_gain(gain) for gain in own_gains]
    gains, alphas = (tf.constant(values, tf.float32)[:, None, None, None] for values in (own_gains, own_alphas))
    draw_noise = patch_noise.sampler(images.noises, patch_size, seed, role)

    def crop(step):
        corners = sampling.random_corners(pixels["noisy"], patch_size, patches_per_step, seed, role, step)
        return step, corners, {name: sampling.gather(values, corners, patch_size) for name, values in pixels.items()}

    def recorrupt(step, corners, patches):
        y = patches["noisy"]
        z, level = draw_noise(step, corners, y)
        gain, own_alpha = tf.gather(gains, corners[0]), tf.gather(alphas, corners[0])
        if objective == "n2c" and images.simulated:
            # supervised training may redraw its noise where it is simulated, as DnCNN does
            inputs, targets = patches["clean"] + gain * z, patches["clean"]
        elif objective != "r2r":
            inputs, targets = y + own_alpha * z if any(own_alphas) else y, patches[TARGETS[objective]]
        elif antithetic:
            inputs, targets = (tf.concat(pair, axis=0) for pair in recorruption.recorrupt_antithetic(y, z, own_alpha))
        else:
            inputs, targets = recorruption.recorrupt(y, z, own_alpha)
        if with_clean:
            clean = tf.concat([patches["clean"]] * 2, axis=0) if mirrored else patches["clean"]
            targets = tf.concat([targets, clean], axis=-1)
        if with_level:
            level = gain * level * tf.ones_like(y[..., :1])
            inputs = tf.concat([inputs, tf.tile(level, [2, 1, 1, 1]) if mirrored else level], axis=-1)
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


def input_gains(images, objective, alpha):
    """What the network's input multiplies the noise of each image by: binned copies are raised to the noise of whole images."""
    gain = recorruption.input_gain(alpha) if objective in RECORRUPTING else 1.0
    return [gain * factor for factor in images.factors]


def patches_of(objective, antithetic, batch_size):
    """How many patches a batch is made of: half of it with antithetic pairs."""
    return batch_size // 2 if objective == "r2r" and antithetic else batch_size
