"""What PyTorch says of networks with rule-made weights: the truth that the graphs are compared with.

    python networks.py kept    > kept.json     the vectors kept beside this file
    python networks.py CASE...                 JSON of the cases named, for a comparison on the spot
    python networks.py save CASE FILE zip      the case as the trainer saves it, in PyTorch's zip format; or legacy

Needs torch and torchvision; weights, statistics and images follow test/support/rule-weights.ts. The Residual Masking Networks are
written here from the paper and the facts of the published code.
"""

import json
import sys

import numpy as np
import torch
import torchvision
from torch import nn

BATCH_EPSILON = 1e-5


def noise(key, length):
    """FNV-1a of the key plus the index times the golden ratio, through murmur3's finaliser; in [0, 1)."""
    start = 0x811C9DC5
    for byte in key.encode():
        start = ((start ^ byte) * 0x01000193) & 0xFFFFFFFF
    x = np.arange(length, dtype=np.uint32) * np.uint32(0x9E3779B9) + np.uint32(start)
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    x = (x ^ (x >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return (x ^ (x >> np.uint32(16))).astype(np.float64) / 2**32


def rule(key, shape):
    u = noise(key, int(np.prod(shape)))
    if key.endswith("running_mean"):
        values = 0.2 * (u - 0.5)
    elif key.endswith("running_var"):
        values = 2 + 2 * u
    elif len(shape) >= 2:
        values = (2 * u - 1) * np.sqrt(6 / np.prod(shape[1:]))
    else:
        values = 0.8 + 0.4 * u if key.endswith("weight") else 0.2 * (u - 0.5)
    return torch.tensor(values.astype(np.float32).reshape(shape))


def fill(module):
    """Rule-made weights. A tensor of two names takes the values of the one that comes first."""
    filled = set()
    for key, tensor in module.state_dict(keep_vars=True).items():
        if key.endswith("num_batches_tracked") or tensor.data_ptr() in filled:
            continue
        filled.add(tensor.data_ptr())
        tensor.data.copy_(rule(key, tuple(tensor.shape)))
    return module.eval()


def images(channels, side):
    c, y, x = np.meshgrid(np.arange(channels), np.arange(side) / side, np.arange(side) / side, indexing="ij")
    waves = 0.5 + 0.5 * np.sin(2 * np.pi * ((c + 1) * x + 2 * y))
    both = np.stack([noise("input.noise", channels * side * side).reshape(channels, side, side), waves])
    return torch.tensor(both.astype(np.float32))


class BasicBlock(nn.Module):
    def __init__(self, inside, outside, stride=1, downsample=None):
        super().__init__()
        self.conv1 = nn.Conv2d(inside, outside, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outside)
        self.conv2 = nn.Conv2d(outside, outside, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outside)
        self.downsample = downsample

    def forward(self, x):
        short = x if self.downsample is None else self.downsample(x)
        return torch.relu(self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x))))) + short)


def projection(inside, outside, stride=1):
    return nn.Sequential(nn.Conv2d(inside, outside, 1, stride, bias=False), nn.BatchNorm2d(outside))


class Mask(nn.Module):
    """U-shaped: residual blocks, pools and transposed convolutions; the shortcuts are registered here and in the blocks."""

    def __init__(self, width, poolings, activation):
        super().__init__()
        self.poolings, self.activation = poolings, activation
        plan, channels = [], width
        for _ in range(poolings + 1):
            plan.append((channels, channels * 2))
            channels *= 2
        for _ in range(poolings):
            plan.append((channels, channels // 2))
            channels //= 2
        plan.append((channels, width))
        for number, (inside, outside) in enumerate(plan, 1):
            setattr(self, f"downsample{number}", projection(inside, outside))
        for number, (inside, outside) in enumerate(plan, 1):
            setattr(self, f"conv{number}", BasicBlock(inside, outside, downsample=getattr(self, f"downsample{number}")))
        for number in range(poolings + 2, 2 * poolings + 2):
            outside = plan[number - 1][1]
            up = nn.ConvTranspose2d(2 * outside, outside, 2, 2)
            setattr(self, f"up_pool{number}", nn.Sequential(up, nn.BatchNorm2d(outside), nn.ReLU()))
        if activation == "sigmoid":
            self.out = nn.Conv2d(width, width, 1)

    def forward(self, x):
        skips, number = [], 1
        x = self.conv1(x)
        for _ in range(self.poolings):
            skips.append(x)
            number += 1
            x = getattr(self, f"conv{number}")(nn.functional.max_pool2d(x, 2, 2))
        for skip in reversed(skips):
            number += 1
            x = torch.cat([getattr(self, f"up_pool{number}")(x), skip], 1)
            x = getattr(self, f"conv{number}")(x)
        x = getattr(self, f"conv{number + 1}")(x)
        return torch.softmax(x, 1) if self.activation == "softmax" else torch.sigmoid(self.out(x))


class ResMasking(nn.Module):
    def __init__(self, head="dropout1", activation="softmax", width=1.0, classes=7):
        super().__init__()
        wide = lambda channels: max(1, round(channels * width))
        self.conv1 = nn.Conv2d(3, wide(64), 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(wide(64))
        inside = wide(64)
        for stage, (published, blocks) in enumerate([(64, 3), (128, 4), (256, 6), (512, 3)], 1):
            outside, layers = wide(published), []
            for block in range(blocks):
                stride = 2 if stage > 1 and block == 0 else 1
                down = projection(inside, outside, stride) if stride > 1 else None
                layers.append(BasicBlock(inside, outside, stride, down))
                inside = outside
            setattr(self, f"layer{stage}", nn.Sequential(*layers))
        if head == "dropout1":
            self.fc = nn.Sequential(nn.Dropout(0.4), nn.Linear(inside, classes))
        elif head == "dropout2":
            hidden = wide(128)
            self.fc = nn.Sequential(nn.Linear(inside, hidden), nn.ReLU(), nn.Dropout(0.5), nn.Linear(hidden, classes))
        else:
            self.fc = nn.Linear(inside, classes)
        for stage, (published, poolings) in enumerate([(64, 3), (128, 2), (256, 1), (512, 0)], 1):
            setattr(self, f"mask{stage}", Mask(wide(published), poolings, activation))

    def forward(self, x):
        traced = {}
        x = nn.functional.max_pool2d(torch.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        for stage in range(1, 5):
            x = traced[f"stage{stage}"] = getattr(self, f"layer{stage}")(x)
            mask = traced[f"mask{stage}"] = getattr(self, f"mask{stage}")(x)
            x = traced[f"stage{stage}_masked"] = x * (1 + mask)
        traced["features"] = x
        return self.fc(x.mean((2, 3))), traced


def conv_bn(inside, outside, kernel, stride=1):
    return nn.Sequential(nn.Conv2d(inside, outside, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outside))


class CompactResidual(nn.Module):
    def __init__(self, inside, outside, stride=1):
        super().__init__()
        self.a = conv_bn(inside, outside, 3, stride)
        self.b = conv_bn(outside, outside, 3)
        self.short = conv_bn(inside, outside, 1, stride) if stride != 1 or inside != outside else None

    def forward(self, x):
        return torch.relu(self.b(torch.relu(self.a(x))) + (x if self.short is None else self.short(x)))


class CompactMask(nn.Module):
    def __init__(self, widths):
        super().__init__()
        pairs = list(zip(widths, widths[1:]))
        self.down = nn.ModuleList(CompactResidual(a, b) for a, b in pairs)
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, 2) for a, b in reversed(pairs))
        self.fuse = nn.ModuleList(conv_bn(a, a, 3) for a, _ in reversed(pairs))
        self.out = nn.Conv2d(widths[0], widths[0], 1)

    def forward(self, x):
        skips = []
        for down in self.down:
            skips.append(x)
            x = down(nn.functional.max_pool2d(x, 2, 2))
        for up, fuse, skip in zip(self.up, self.fuse, reversed(skips)):
            x = torch.relu(fuse(up(x) + skip))
        return torch.sigmoid(self.out(x))


class Compact(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.ModuleList([conv_bn(1, 16, 3), conv_bn(16, 24, 3)])
        plan = [(24, [(24, 1)]), (24, [(48, 2)]), (48, [(96, 2), (96, 1)]), (96, [(192, 2), (192, 1)])]
        self.stages = nn.ModuleList()
        for inside, blocks in plan:
            layers = []
            for outside, stride in blocks:
                layers.append(CompactResidual(inside, outside, stride))
                inside = outside
            self.stages.append(nn.Sequential(*layers))
        widths = [[24, 32, 48, 56], [48, 72, 96], [96, 144], [192]]
        self.masks = nn.ModuleList(CompactMask(each) for each in widths)
        self.fc = nn.Linear(192, 7)

    def forward(self, x):
        for layer in self.stem:
            x = torch.relu(layer(x))
        x = nn.functional.max_pool2d(x, 2, 2)
        for stage, mask in zip(self.stages, self.masks):
            x = stage(x)
            x = x * (1 + mask(x))
        return self.fc(x.mean((2, 3)))


CASES = {
    "resmasking-compact": lambda: (Compact(), 1, 48, {}),
    "resnet18": lambda: (torchvision.models.resnet18(num_classes=7), 3, 64, {"size": 64}),
    "resnet50": lambda: (torchvision.models.resnet50(num_classes=7), 3, 64, {"size": 64}),
    "resmasking_dropout1": lambda: (ResMasking(width=1 / 8), 3, 64, {"size": 64, "width": 1 / 8}),
    "resmasking": lambda: (ResMasking("plain", width=1 / 2), 3, 32, {"size": 32, "width": 1 / 2}),
    "resmasking_dropout2": lambda: (ResMasking("dropout2", width=1 / 2), 3, 64, {"size": 64, "width": 1 / 2}),
    "resmasking_dropout1 sigmoid": lambda: (
        ResMasking(activation="sigmoid", width=1 / 4, classes=5),
        3,
        96,
        {"size": 96, "width": 1 / 4, "classes": 5, "mask": "sigmoid"},
    ),
}
KEPT = ["resmasking-compact", "resnet18", "resmasking_dropout1"]


def answer(name):
    module, channels, side, options = CASES[name]()
    with torch.no_grad():
        output = fill(module)(images(channels, side))
    logits, traced = output if isinstance(output, tuple) else (output, {})
    trace = {
        key: {
            "shape": list(value.shape[1:]),
            "mean": value[0].double().mean().item(),
            "deviation": value[0].double().std(correction=0).item(),
            "first": [round(each, 9) for each in value[0].flatten()[:5].tolist()],
        }
        for key, value in traced.items()
    }
    return {"case": name, "network": name.split(" ")[0], "options": options, "logits": logits.tolist(), "trace": trace}


def save(name, file, form):
    module, *_ = CASES[name]()
    saved = {"arch": name, "net": fill(module).state_dict(), "best_val_acc": 71.5, "train_losses": [1.5, 1.25]}
    torch.save(saved, file, _use_new_zipfile_serialization=form == "zip")


if __name__ == "__main__":
    if sys.argv[1] == "save":
        save(*sys.argv[2:])
        sys.exit()
    names = KEPT if sys.argv[1:] == ["kept"] else sys.argv[1:]
    json.dump([answer(name) for name in names], sys.stdout, indent=1)
