/** Two-way table between an enum of the wire and the word the domain uses for it. */
export class EnumNames<Wire extends number, Name extends string> {
  readonly #names: ReadonlyMap<number, Name>;
  readonly #wire: ReadonlyMap<Name, Wire>;

  constructor(pairs: readonly (readonly [Wire, Name])[]) {
    this.#names = new Map(pairs);
    this.#wire = new Map(pairs.map(([wire, name]) => [name, wire]));
  }

  /** Undefined for UNSPECIFIED and for numbers this version does not know. */
  name(wire: number): Name | undefined {
    return this.#names.get(wire);
  }

  wire(name: Name): Wire {
    const wire = this.#wire.get(name);
    if (wire === undefined) throw new TypeError(`"${name}" has no place in the enum`);
    return wire;
  }
}
