"""The PyTorch side of `tools.benchmark --suite=inference`: plain averaging with the same DnCNN weights, as papers do it.

Needs PyTorch and nothing of r2r_tf.

Usage: python torch_infer.py JOB.npz RESULT.npz DRAWS float32|bfloat16
  JOB holds kernel0, bias0, ... [k, k, in, out] of a chain of convolutions that estimates the noise, image0, ... [H, W], sigma and
  alpha. RESULT gets estimate0, ...; prints the seconds of each image.
"""

import json
import sys
import time

import numpy as np
import torch
from torch import nn


def network(job):
    count = sum(name.startswith("kernel") for name in job)
    layers = []
    for number in range(count):
        kernel, bias = (torch.from_numpy(job[f"{name}{number}"]) for name in ("kernel", "bias"))
        layer = nn.Conv2d(kernel.shape[2], kernel.shape[3], kernel.shape[0], padding="same")
        layer.weight.data, layer.bias.data = kernel.permute(3, 2, 0, 1).contiguous(), bias
        layers += [layer, nn.ReLU(inplace=True)]
    return nn.Sequential(*layers[:-1]).eval().to(memory_format=torch.channels_last)


def average(model, y, sigma, alpha, draws, bfloat16):
    """Mean of f(y + alpha z) over independent draws, one pass after the other."""
    total = torch.zeros_like(y)
    for _ in range(draws):
        y_hat = (y + alpha * sigma * torch.randn_like(y)).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            total += y_hat - model(y_hat).float()
    return total / draws


def main(job_file, result_file, draws, dtype):
    job = dict(np.load(job_file))
    model, bfloat16 = network(job), dtype == "bfloat16"
    images = [torch.from_numpy(job[f"image{number}"])[None, None] for number in range(sum(n.startswith("image") for n in job))]
    options = float(job["sigma"]), float(job["alpha"])
    torch.manual_seed(0)
    seconds, estimates = [], {}
    with torch.inference_mode():
        for shape in {image.shape for image in images}:
            average(model, torch.zeros(shape), *options, 1, bfloat16)  # to warm up
        for number, image in enumerate(images):
            start = time.perf_counter()
            estimates[f"estimate{number}"] = average(model, image, *options, int(draws), bfloat16)[0, 0].numpy()
            seconds.append(time.perf_counter() - start)
    np.savez(result_file, **estimates)
    print(json.dumps({"version": torch.__version__, "seconds": seconds}))


if __name__ == "__main__":
    main(*sys.argv[1:])
