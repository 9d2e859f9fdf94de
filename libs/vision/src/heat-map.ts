/** A grid of numbers over an image, whose cells part it evenly: row-major from the upper left, exactly width × height values. */
export interface HeatMap {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}
