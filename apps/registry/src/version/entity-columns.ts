import type { EntityMetadata, ObjectLiteral } from 'typeorm';

/** The columns of an entity in a query of our own: what to select, and the entity out of a row. */
export class EntityColumns<Entity extends ObjectLiteral> {
  /** `alias.column AS alias_column, …` */
  readonly select: string;
  readonly #columns: readonly { readonly property: string; readonly key: string }[];

  /** @param alias of the table in the query */
  constructor(
    readonly Entity: new () => Entity,
    metadata: EntityMetadata,
    alias: string,
  ) {
    const names = metadata.columns.map(({ propertyName, databaseName }) => ({ propertyName, databaseName }));
    this.select = names.map(({ databaseName }) => `${alias}.${databaseName} AS ${alias}_${databaseName}`).join(', ');
    this.#columns = names.map(({ propertyName: property, databaseName }) => ({
      property,
      key: `${alias}_${databaseName}`,
    }));
  }

  read(row: Readonly<Record<string, unknown>>): Entity {
    const values = this.#columns.map(({ property, key }) => [property, row[key]]);
    return Object.assign(new this.Entity(), Object.fromEntries(values));
  }
}
