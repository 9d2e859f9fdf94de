import { type AllowedGlobals, type PickleFunction, PickleObject, PickleTuple } from '@resmask/pickle';
import { type Dtype, dtypeFacts } from './dtypes.js';
import { NumpyArray, numpyDtype, numpyScalar } from './numpy-values.js';
import { dict, encode, Namespace, set } from './python-values.js';
import { invalid } from './refusals.js';
import { StorageType, TorchStorage } from './torch-storage.js';
import { dimensions, number, TorchTensor } from './torch-tensor.js';

/** A dtype by its name, such as `torch.float32`. */
class TorchDtype extends PickleObject {
  constructor(
    readonly dtype: Dtype,
    readonly kind: string,
  ) {
    super();
  }
}

/** A class that is named as an argument and never made. */
class ClassName extends PickleObject {
  constructor(readonly kind: string) {
    super();
  }
}

/** (storage, offset, shape, strides, …); what follows is about gradients. The third form gives the dtype as its seventh argument. */
const rebuildTensor: PickleFunction = ([storage, offset, shape, strides, , , given]) => {
  if (!(storage instanceof TorchStorage)) throw invalid('a tensor has no storage');
  const dtype = given instanceof TorchDtype ? given.dtype : storage.dtype;
  if (!dtype) throw invalid(`a tensor of storage "${storage.key}" does not say what its elements are`);
  return new TorchTensor(storage, dtype, number(offset), dimensions(shape), dimensions(strides));
};

const firstArgument: PickleFunction = ([value]) => {
  if (!(value instanceof TorchTensor)) throw invalid('a parameter has no tensor');
  return value;
};

const device: PickleFunction = (args) => args.map(String).join(':').slice(0, 64);

const size: PickleFunction = ([value]) => {
  if (!(value instanceof PickleTuple)) throw invalid('a size is no tuple');
  return value;
};

const FUNCTIONS: Readonly<Record<string, PickleFunction>> = {
  'argparse.Namespace': () => new Namespace(),
  'builtins.frozenset': set,
  'builtins.set': set,
  'collections.Counter': dict,
  'collections.OrderedDict': dict,
  '_codecs.encode': encode,
  'numpy.core.multiarray._reconstruct': () => new NumpyArray(),
  'numpy._core.multiarray._reconstruct': () => new NumpyArray(),
  'numpy.core.multiarray.scalar': numpyScalar,
  'numpy._core.multiarray.scalar': numpyScalar,
  'numpy.dtype': numpyDtype,
  'torch.Size': size,
  'torch.device': device,
  'torch.nn.parameter.Parameter': firstArgument,
  'torch._utils._rebuild_parameter': firstArgument,
  'torch._utils._rebuild_parameter_with_state': firstArgument,
  'torch._utils._rebuild_tensor': rebuildTensor,
  'torch._utils._rebuild_tensor_v2': rebuildTensor,
  'torch._utils._rebuild_tensor_v3': rebuildTensor,
};

function descriptions(): [string, PickleObject][] {
  const classes: [string, PickleObject][] = [
    ['numpy.ndarray', new ClassName('numpy.ndarray')],
    ['torch.UntypedStorage', new StorageType()],
    ['torch.storage.UntypedStorage', new StorageType()],
  ];
  for (const [dtype, { torch, storage }] of dtypeFacts()) {
    classes.push([`torch.${torch}`, new TorchDtype(dtype, `torch.${torch}`)]);
    // Old checkpoints of a graphics card name that card's storage classes.
    if (storage)
      for (const place of ['torch', 'torch.cuda']) classes.push([`${place}.${storage}`, new StorageType(dtype)]);
  }
  return classes;
}

/**
 * Every global a checkpoint may name, and what is made of it: descriptions of tensors and plain data. Nothing here is Python's:
 * a name that is not in this table is refused. Source: torch/_utils.py, torch/_weights_only_unpickler.py.
 */
export const TORCH_GLOBALS: AllowedGlobals = new Map<string, PickleFunction | PickleObject>([
  ...Object.entries(FUNCTIONS),
  ...descriptions(),
]);
