import { DomainError } from '@resmask/errors';
import type { Architecture } from './architecture.js';
import { bamResnet50 } from './bam-resnet50.js';
import { cbamResnet50 } from './cbam-resnet50.js';
import { densenet121 } from './densenet121.js';
import { efficientnetB2b } from './efficientnet-b2b.js';
import { googlenet } from './googlenet.js';
import { inceptionV3 } from './inception-v3.js';
import { resattnet56 } from './resattnet56.js';
import { resmaskingDropout1, resmaskingDropout2, resmaskingPlain } from './resmasking.js';
import { resmaskingCompact } from './resmasking-compact.js';
import { resnet18, resnet34, resnet50, resnet101, resnet152 } from './resnet.js';
import { tinyFaceDetector } from './tiny-face-detector.js';
import { vgg19 } from './vgg19.js';

/** Every network this project can build; a new one is one file and one row here. */
export const ARCHITECTURES: readonly Architecture[] = [
  resmaskingCompact,
  resmaskingDropout1,
  resmaskingPlain,
  resmaskingDropout2,
  resnet18,
  resnet34,
  resnet50,
  resnet101,
  resnet152,
  vgg19,
  densenet121,
  googlenet,
  inceptionV3,
  efficientnetB2b,
  cbamResnet50,
  bamResnet50,
  resattnet56,
  tinyFaceDetector,
];

/** @throws DomainError NETWORK_UNKNOWN that lists the names there are. */
export function findArchitecture(name: string): Architecture {
  const found = ARCHITECTURES.find((architecture) => architecture.name === name);
  if (found) return found;
  const names = ARCHITECTURES.map((architecture) => architecture.name).join(', ');
  throw new DomainError('NETWORK_UNKNOWN', `there is no network "${name}"; there are ${names}`);
}
