import type { NodeProto } from './gen/onnx/onnx.js';

/** A whole-number attribute of a node, or what it is when absent. */
export function intAttribute(node: NodeProto, name: string, absent: number): number {
  const found = node.attribute.find((attribute) => attribute.name === name);
  return found ? Number(found.i ?? 0n) : absent;
}

/** A float attribute of a node as a file holds it, in float32, or what it is when absent. */
export function floatAttribute(node: NodeProto, name: string, absent: number): number {
  const found = node.attribute.find((attribute) => attribute.name === name);
  return Math.fround(found ? (found.f ?? 0) : absent);
}

/** A list attribute of a node; undefined where it is absent. */
export function intsAttribute(node: NodeProto, name: string): number[] | undefined {
  return node.attribute.find((attribute) => attribute.name === name)?.ints.map(Number);
}

/** A text attribute of a node; undefined where it is absent. */
export function textAttribute(node: NodeProto, name: string): string | undefined {
  const text = node.attribute.find((attribute) => attribute.name === name)?.s;
  return text && new TextDecoder().decode(text);
}
