"""The PyTorch side of `tools.benchmark --suite=train`: DnCNN-17 and the antithetic R2R step, in PyTorch's best settings.

Needs PyTorch and nothing of r2r_tf. Reads names of cases from standard input, one a line, and answers each with a timing.

Usage: python torch_train.py PATCH_SIZE PATCHES_A_TIMING
"""

import itertools
import json
import sys
import time

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


def make_case(bfloat16, compiled, batch, patch, patches):
    """A function that trains on `patches` patches and returns patches per second."""
    network = dncnn().to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
    forward = torch.compile(network) if compiled else network
    y = torch.rand(batch // 2, 1, patch, patch)

    def step():
        z = SIGMA * torch.randn_like(y)
        y_hat = torch.cat([y + ALPHA * z, y - ALPHA * z]).contiguous(memory_format=torch.channels_last)
        target = torch.cat([y - z / ALPHA, y + z / ALPHA]).contiguous(memory_format=torch.channels_last)
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            residual = forward(y_hat)
        loss = nn.functional.mse_loss(y_hat - residual.float(), target)
        loss.backward()
        optimizer.step()

    def measure():
        start = time.perf_counter()
        for _ in range(patches // batch):
            step()
        return patches // batch * batch / (time.perf_counter() - start)

    step()
    return measure


def main():
    patch, patches = int(sys.argv[1]), int(sys.argv[2])
    cases = {}
    for bfloat16, compiled, batch in itertools.product((False, True), (False, True), (8, 32, 128)):
        name = f"{'bfloat16' if bfloat16 else 'float32'} channels_last{' compiled' if compiled else ''} batch {batch}"
        try:
            cases[name] = make_case(bfloat16, compiled, batch, patch, patches)
        except Exception as error:  # a missing compiler must not stop the other cases
            print(f"{name} left out: {str(error).splitlines()[0]}", file=sys.stderr)
    print(json.dumps({"cases": list(cases), "version": torch.__version__}), flush=True)
    for line in sys.stdin:
        print(json.dumps({"patches_per_s": cases[line.strip()]()}), flush=True)


if __name__ == "__main__":
    main()
