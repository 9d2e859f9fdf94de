import type { ModelProto } from './gen/onnx/onnx.js';

/** What an ONNX file says about itself. */
export interface ModelMetadata {
  readonly irVersion: number;
  readonly producerName: string;
  readonly producerVersion: string;
  readonly domain: string;
  readonly modelVersion: bigint;
  readonly docString: string;
  readonly graphName: string;
  /** Version of each operator set by its domain; ONNX's own is ''. */
  readonly opsetImports: Readonly<Record<string, number>>;
  /** Free names and values. */
  readonly properties: Readonly<Record<string, string>>;
}

export function modelMetadata(model: ModelProto): ModelMetadata {
  const { producerName = '', producerVersion = '', domain = '', modelVersion = 0n, docString = '' } = model;
  return {
    irVersion: Number(model.irVersion ?? 0n),
    producerName,
    producerVersion,
    domain,
    modelVersion,
    docString,
    graphName: model.graph?.name ?? '',
    opsetImports: Object.fromEntries(
      model.opsetImport.map((opset) => [opset.domain ?? '', Number(opset.version ?? 0n)]),
    ),
    properties: Object.fromEntries(model.metadataProps.map(({ key = '', value = '' }) => [key, value])),
  };
}

/** The model with these properties; those of other names stay. */
export function withMetadataProperties(model: ModelProto, properties: Readonly<Record<string, string>>): ModelProto {
  const others = model.metadataProps.filter(({ key = '' }) => !Object.hasOwn(properties, key));
  const given = Object.entries(properties).map(([key, value]) => ({ key, value }));
  return { ...model, metadataProps: [...others, ...given] };
}
