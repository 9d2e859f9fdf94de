/** What the service allows its streams; told to each in `accepted`. */
export interface StreamLimits {
  /** Streams open at once. */
  readonly maxStreams: number;
  /** … of one client: a principal, or without authentication an address. */
  readonly maxStreamsPerClient: number;
  readonly maxFramePixels: number;
  readonly maxMessageBytes: number;
  /** Frames a second of one stream; 0 for no limit. */
  readonly maxFramesPerSecond: number;
  /** A stream is asked to move on after about this time, in milliseconds; 0 for never. */
  readonly maxStreamAgeMs: number;
  /** A stream without a frame for this long is ended, in milliseconds; 0 for never. */
  readonly idleTimeoutMs: number;
}
