/** How an S3-compatible server is reached. */
export interface S3Options {
  /** The server's URL; Amazon's own if absent. */
  readonly endpoint?: string;
  /** AWS_REGION if absent, else us-east-1, which most other servers take. */
  readonly region?: string;
  /** The bucket in the path instead of the host name, as most servers other than Amazon's need it; false if absent. */
  readonly pathStyle?: boolean;
  /** The SDK's default chain (environment, web identity, instance) if absent. Never logged. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** Where in S3 a store lies. */
export interface S3Settings extends S3Options {
  readonly bucket: string;
  /** What every key begins with: empty, or with a slash at its end. */
  readonly prefix: string;
}
