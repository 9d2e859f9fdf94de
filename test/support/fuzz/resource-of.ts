import type { DescField } from '@bufbuild/protobuf';
import { BinaryReader } from '@bufbuild/protobuf/wire';

/** Which kind of resource a field names, as its options say. */
export interface NamedResource {
  readonly type: string;
  /** The field names what contains such resources. */
  readonly parent: boolean;
}

/** Field numbers of google.api.resource and google.api.resource_reference among the options, and of what they hold. */
const RESOURCE = 1053;
const RESOURCE_REFERENCE = 1055;
const TYPE = 1;
const CHILD_TYPE = 2;

interface Options {
  readonly $unknown?: readonly { readonly no: number; readonly data: Uint8Array }[];
}

/** @returns undefined for a field that names nothing */
export function resourceOf(field: DescField): NamedResource | undefined {
  const reference = texts(field.proto.options, RESOURCE_REFERENCE);
  const child = reference.get(CHILD_TYPE);
  if (child) return { type: child, parent: true };
  const type =
    reference.get(TYPE) ?? (field.name === 'name' ? texts(field.parent.proto.options, RESOURCE).get(TYPE) : undefined);
  return type ? { type, parent: false } : undefined;
}

function texts(options: Options | undefined, extension: number): ReadonlyMap<number, string> {
  const found = options?.$unknown?.find(({ no }) => no === extension);
  const result = new Map<number, string>();
  if (!found) return result;
  const reader = new BinaryReader(new BinaryReader(found.data).bytes());
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number === TYPE || number === CHILD_TYPE) result.set(number, reader.string());
    else reader.skip(wireType);
  }
  return result;
}
