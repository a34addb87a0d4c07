"""The PyTorch side of `tools.benchmark`: DnCNN-17 and the antithetic R2R step, in PyTorch's best settings.

Needs PyTorch and nothing of r2r_tf.

Usage:
  python torch_train.py time PATCH_SIZE PATCHES float32|bfloat16 BATCH eager|compiled
    Times one case once; prints the patches per second.
  python torch_train.py curve BATCHES.npz SEED
    Trains in bfloat16 on the batches of the file; prints the error to the clean patches at every step.
"""

import json
import sys
import time

import numpy as np
import torch
from torch import nn

ALPHA, SIGMA = 0.5, 50 / 255


def dncnn(depth=17, features=64):
    layers = [nn.Conv2d(1, features, 3, padding=1, bias=False), nn.ReLU(inplace=True)]
    for _ in range(depth - 2):
        layers += [
            nn.Conv2d(features, features, 3, padding=1, bias=False),
            nn.BatchNorm2d(features, eps=1e-5),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*layers, nn.Conv2d(features, 1, 3, padding=1, bias=False))


def make_network():
    network = dncnn().to(memory_format=torch.channels_last)
    return network, torch.optim.Adam(network.parameters(), lr=1e-3, eps=1e-7, fused=True)


def train_step(forward, optimizer, y_hat, target, bfloat16):
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        residual = forward(y_hat)
    x_hat = y_hat - residual.float()
    nn.functional.mse_loss(x_hat, target).backward()
    optimizer.step()
    return x_hat


def patches_per_second(patch, patches, dtype, batch, mode):
    """Trains on about `patches` patches, after some steps to warm up."""
    network, optimizer = make_network()
    forward = torch.compile(network) if mode == "compiled" else network
    y = torch.rand(batch // 2, 1, patch, patch)

    def train(steps):
        for _ in range(steps):
            z = SIGMA * torch.randn_like(y)
            y_hat = torch.cat([y + ALPHA * z, y - ALPHA * z]).contiguous(memory_format=torch.channels_last)
            target = torch.cat([y - z / ALPHA, y + z / ALPHA]).contiguous(memory_format=torch.channels_last)
            train_step(forward, optimizer, y_hat, target, dtype == "bfloat16")

    steps = max(1, round(patches / batch))
    train(max(1, steps // 4))
    start = time.perf_counter()
    train(steps)
    return steps * batch / (time.perf_counter() - start)


def train_on(path, seed):
    """The error to the clean patches at every step of a training on given batches, from r2r_tf's distribution of weights."""
    batches = {name: torch.from_numpy(values).permute(0, 1, 4, 2, 3) for name, values in np.load(path).items()}
    torch.manual_seed(seed)
    network, optimizer = make_network()
    *inner, last = [layer.weight for layer in network if isinstance(layer, nn.Conv2d)]
    for weight in inner:
        nn.init.kaiming_normal_(weight, nonlinearity="relu")
    nn.init.normal_(last, std=1e-3)
    errors = []
    for y_hat, target, clean in zip(batches["inputs"], batches["targets"], batches["clean"], strict=True):
        y_hat = y_hat.contiguous(memory_format=torch.channels_last)
        x_hat = train_step(network, optimizer, y_hat, target, bfloat16=True)
        errors.append(nn.functional.mse_loss(x_hat.detach(), clean).item())
    return errors


def main():
    mode, *arguments = sys.argv[1:]
    if mode == "curve":
        path, seed = arguments
        print(json.dumps(train_on(path, int(seed))))
    else:
        patch, patches, dtype, batch, compiled = arguments
        rate = patches_per_second(int(patch), int(patches), dtype, int(batch), compiled)
        print(json.dumps({"patches_per_s": rate, "version": torch.__version__}))


if __name__ == "__main__":
    main()
