import type { StagedPart } from '@resmask/artifacts';
import { type Upload, Upload_State } from '@resmask/contracts/registry.v1';
import { formatUploadName } from '@resmask/resource-names';
import { toTimestamp } from '@resmask/service-kit';
import type { UploadRow } from './upload.repository.js';

export function toUploadMessage(row: UploadRow, parts: readonly StagedPart[]): Upload {
  const { id, namespace, sha256, sizeBytes, partBytes, state, createTime, expireTime } = row;
  return {
    name: formatUploadName({ namespace, upload: id }),
    sizeBytes,
    sha256,
    partBytes,
    state: state === 'complete' ? Upload_State.STATE_COMPLETE : Upload_State.STATE_ACTIVE,
    parts: parts.map((part) => ({ partNumber: part.partNumber, sizeBytes: part.sizeBytes, sha256: part.sha256 })),
    createTime: toTimestamp(createTime),
    expireTime: toTimestamp(expireTime),
  };
}
