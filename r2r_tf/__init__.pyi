from r2r_tf.cluster.arrays import denoise_zarr as denoise_zarr
from r2r_tf.cluster.arrays import map_dask as map_dask
from r2r_tf.errors import InputError as InputError
from r2r_tf.evaluation.metrics import psnr as psnr
from r2r_tf.evaluation.metrics import ssim as ssim
from r2r_tf.inference.arrays import denoise as denoise
from r2r_tf.inference.arrays import load_pretrained as load_pretrained
from r2r_tf.inference.noise_estimates import estimate_noise as estimate_noise
from r2r_tf.inference.whole_images import denoise_to_precision as denoise_to_precision
from r2r_tf.inference.whole_images import kernel_denoise as kernel_denoise

__version__: str
