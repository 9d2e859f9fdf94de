import { dirname, relative } from 'node:path/posix';
import { decodeModel, externalDataFiles, type ModelProto, withInternalData } from '@resmask/onnx';

/**
 * The graph of a version with all its weights inside.
 * @param files bytes by path in the manifest, the graph's first
 * @throws DomainError NOT_ONNX or WEIGHTS_INVALID.
 */
export function wholeModel(files: ReadonlyMap<string, Uint8Array>): ModelProto {
  const [[graphPath, bytes]] = files;
  const graph = decodeModel(bytes);
  if (externalDataFiles(graph).length === 0) return graph;
  const beside = [...files].map(([path, data]) => [relative(dirname(graphPath), path), data] as const);
  return withInternalData(graph, new Map(beside));
}
