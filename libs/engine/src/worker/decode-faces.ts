import type { FaceOutput } from '@resmask/model-spec';
import type { SessionTensor } from '@resmask/runtime';
import { correctBox, type Detection, decodeTinyFace, suppressNonMaxima } from '@resmask/vision';

/** Faces in pixels of the network's input, best score first. */
export function decodeFaces([grid]: readonly SessionTensor[], output: FaceOutput): Detection[] {
  const [, , rows, columns] = grid.dims;
  const values = grid.data instanceof Float32Array ? grid.data : Float32Array.from(grid.data);
  const found = decodeTinyFace(values, rows, columns, output.strides[0], output.scoreThreshold);
  const { boxCorrection } = output;
  const kept = suppressNonMaxima(found, output.overlapThreshold);
  return boxCorrection ? kept.map((face) => ({ ...face, box: correctBox(face.box, boxCorrection) })) : kept;
}
