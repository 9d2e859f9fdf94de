import { FolderArtifactStore } from '@resmask/artifacts';
import type { ModelProto } from '@resmask/onnx';
import type { LoadableFile } from '../loadable-version.js';
import { wholeModel } from '../worker/whole-model.js';

/** The graph of a version's files in the cache, each verified by its digest. @throws DomainError ARTIFACT_CORRUPT, NOT_ONNX. */
export async function readGraph(cacheFolder: string, files: readonly LoadableFile[]): Promise<ModelProto> {
  const cache = await FolderArtifactStore.open(cacheFolder);
  const contents = new Map<string, Buffer>();
  for (const file of files) contents.set(file.path, await readWhole(cache, file));
  return wholeModel(contents);
}

/** Into memory of the announced size: gathering the pieces first would hold them twice. */
async function readWhole(cache: FolderArtifactStore, { sha256, sizeBytes }: LoadableFile): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(sizeBytes);
  let at = 0;
  for await (const chunk of cache.read(sha256)) at += chunk.copy(bytes, at);
  return bytes.subarray(0, at);
}
