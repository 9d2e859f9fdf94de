"""Makes the checkpoints beside this file with real PyTorch, and expected.json, which says what is in them.

    python make.py [FOLDER]

Made with PyTorch 2.15 and NumPy 2; another version gives the same tensors in other bytes. `evil` holds files that no reader may act
on: loading one of them with weights_only=False runs what it names.
"""
import argparse
import base64
import builtins
import json
import os
import pathlib
import sys
import warnings
import zipfile
from collections import Counter, OrderedDict

import numpy
import torch
from torch import nn

FOLDER = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent
SAFETENSORS = {
    torch.float64: 'F64', torch.float32: 'F32', torch.float16: 'F16', torch.bfloat16: 'BF16', torch.complex64: 'C64',
    torch.int64: 'I64', torch.int32: 'I32', torch.int16: 'I16', torch.int8: 'I8', torch.uint8: 'U8', torch.bool: 'BOOL',
    torch.uint16: 'U16', torch.uint32: 'U32', torch.uint64: 'U64', torch.float8_e4m3fn: 'F8_E4M3', torch.float8_e5m2: 'F8_E5M2',
}
expected = {}


def elements(tensor):
    """Contiguous little-endian bytes, by PyTorch's own hand."""
    data = tensor.detach().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() if tensor.numel() else b''
    return {'dtype': SAFETENSORS[tensor.dtype], 'shape': list(tensor.shape), 'base64': base64.b64encode(data).decode()}


def save(name, root, tensors, **options):
    torch.save(root, FOLDER / name, **options)
    expected[name] = {key: elements(tensor) for key, tensor in tensors.items()}


class Block(nn.Module):
    """A shortcut that is registered under two names, as in the masking modules of ResMaskingNet."""

    def __init__(self):
        super().__init__()
        self.downsample1 = nn.Sequential(nn.Conv2d(2, 3, 1, bias=False), nn.BatchNorm2d(3))
        self.conv1 = nn.Module()
        self.conv1.conv = nn.Conv2d(2, 3, 3, padding=1)
        self.conv1.downsample = self.downsample1
        self.fc = nn.Linear(3, 7)


def trainer():
    torch.manual_seed(1234)
    net = Block()
    return {
        'arch': 'block', 'image_size': 224, 'lr': 0.0001, 'distributed': 0, 'device': 'cuda:0', 'cwd': '',
        'net': net.state_dict(),
        'best_val_loss': 1.25, 'best_val_acc': numpy.float64(71.5), 'best_train_acc': numpy.float32(80.25),
        'train_losses': [2.0, 1.5], 'test_acc': float('nan'), 'epoch': numpy.int64(12),
    }


def kinds():
    values = torch.tensor([0, 1, 2, 3, 100, 127])
    names = ['float64', 'float32', 'float16', 'bfloat16', 'int64', 'int32', 'int16', 'int8']
    tensors = {name: (values - 64).to(getattr(torch, name)) for name in names}
    tensors |= {'uint8': values.to(torch.uint8), 'bool': values > 2, 'complex64': torch.tensor([1 - 2j, 0.5j])}
    return tensors | {'scalar': torch.tensor(7.5), 'empty': torch.zeros(0, 3)}


def views():
    base = torch.arange(24, dtype=torch.float32)
    grid = base.reshape(4, 6)
    return OrderedDict([
        ('module.base', base), ('module.alias', base), ('module.grid', grid), ('module.transposed', grid.t()),
        ('module.sliced', grid[1:4:2, 1::2]), ('module.tail', base[20:]), ('module.expanded', torch.tensor([[1.0], [2.0]]).expand(2, 3)),
        ('module.half.transposed', torch.arange(6, dtype=torch.float16).reshape(2, 3).t()),
        ('module.permuted', torch.arange(24, dtype=torch.int64).reshape(2, 3, 4).permute(2, 0, 1)),
    ])


def good():
    root = trainer()
    for name, options in {'zip': {}, 'legacy': {'_use_new_zipfile_serialization': False}}.items():
        save(f'trainer.{name}.pt', root, root['net'], **options)
        save(f'kinds.{name}.pt', kinds(), kinds(), **options)
        named = {key.removeprefix('module.'): tensor for key, tensor in views().items()}
        save(f'views.{name}.pt', {'epoch': 3, 'state_dict': views()}, named, **options)
    new = {'uint16': torch.tensor([1, 65535]).to(torch.uint16), 'uint64': torch.tensor([1, 2]).to(torch.uint64),
           'float8': torch.tensor([1.0, -2.0]).to(torch.float8_e4m3fn)}
    save('new-kinds.zip.pt', {'model': new}, new)
    save('protocol-5.zip.pt', root, root['net'], pickle_protocol=5)
    parameter = nn.Parameter(torch.tensor([1.0, 2.0]))
    parameter.tag = 'kept'
    objects = {
        'model': {'weight': nn.Parameter(torch.tensor([3.0])), 'tagged': parameter},
        'args': argparse.Namespace(lr=0.5, layers=[3, 4]), 'labels': {'happy'}, 'shape': torch.Size([1, 3]), 'raw': b'ab',
        'where': torch.device('cuda', 1), 'dtype': torch.float16, 'matrix': numpy.eye(2), 'steps': Counter({30: 1}),
        'optimizer': {'state': {0: {'exp_avg': torch.zeros(2, 3)}}, 'param_groups': [{'lr': 0.1, 'params': [0]}]},
        'large': 2**70, 'frozen': frozenset([1]),
    }
    save('objects.zip.pt', objects, objects['model'])
    nested = {'generator': {'w': torch.ones(2)}, 'parts': [torch.zeros(1), {'b': torch.ones(1)}], 'note': 'two networks'}
    save('nested.zip.pt', nested, {'generator.w': torch.ones(2), 'parts.0': torch.zeros(1), 'parts.1.b': torch.ones(1)})
    repack('trainer.zip.pt', 'deflated.zip.pt', zipfile.ZIP_DEFLATED)
    torch.serialization.set_crc32_options(False)
    save('no-checksum.zip.pt', {'w': torch.ones(2)}, {'w': torch.ones(2)})
    torch.serialization.set_crc32_options(True)


def repack(source, target, compression):
    with zipfile.ZipFile(FOLDER / source) as old, zipfile.ZipFile(FOLDER / target, 'w', compression) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, old.read(entry))
    expected[target] = expected[source]


class Calls:
    """Pickles as a call of `function`."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def view(shape, strides, offset=0, storage=torch.zeros(4)):
    return Calls(torch._utils._rebuild_tensor_v2, storage.storage(), offset, shape, strides, False, OrderedDict())


def evil():
    legacy = {'_use_new_zipfile_serialization': False}
    calls = {
        'os-system': Calls(os.system, 'echo executed'),
        'eval': Calls(builtins.eval, '1'),
        'torch-load': Calls(torch.load, 'other.pt'),
        'torch-load-bytes': Calls(torch.storage._load_from_bytes, b'x'),
        'module': nn.ReLU(),
    }
    for name, call in calls.items():
        torch.save({'net': {'w': torch.ones(1)}, 'extra': call}, FOLDER / f'evil/{name}.zip.pt')
        torch.save({'net': {'w': torch.ones(1)}, 'extra': call}, FOLDER / f'evil/{name}.legacy.pt', **legacy)
    tensors = {
        'huge': view((2**40,), (1,)), 'huge-expanded': view((2**20, 2**20), (0, 0)), 'overlapping': view((2, 3), (1, 1)),
        'negative-stride': view((2,), (-1,), 3), 'negative-size': view((-2,), (1,)), 'outside': view((2,), (1,), 3),
        'negative-offset': view((2,), (1,), -1), 'many-strides': view((2,), (1, 1)), 'beyond-integers': view((2**70,), (1,)),
    }
    for name, tensor in tensors.items():
        torch.save({'net': {'the.weight': tensor}}, FOLDER / f'evil/{name}.zip.pt')
        torch.save({'net': {'the.weight': tensor}}, FOLDER / f'evil/{name}.legacy.pt', **legacy)
    zips()


def zips():
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        with zipfile.ZipFile(FOLDER / 'trainer.zip.pt') as old, zipfile.ZipFile(FOLDER / 'evil/twice.zip.pt', 'w') as new:
            for entry in [*old.infolist(), old.infolist()[0]]:
                new.writestr(entry.filename, old.read(entry))
    with zipfile.ZipFile(FOLDER / 'evil/bomb.zip.pt', 'w', zipfile.ZIP_DEFLATED, compresslevel=9) as bomb:
        # 32 MB of zeros in 32 kB: the announced size alone is refused.
        bomb.writestr('bomb/data.pkl', b'\0' * 2**25)
    with zipfile.ZipFile(FOLDER / 'evil/no-pickle.zip.pt', 'w') as plain:
        plain.writestr('readme.txt', 'not a checkpoint')


FOLDER.joinpath('evil').mkdir(exist_ok=True)
good()
evil()
FOLDER.joinpath('expected.json').write_text(json.dumps(expected, indent=2) + '\n')
