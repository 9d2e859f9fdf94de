/** A PostgreSQL schema of one service: its own history table, migration lock and role. */
export interface Schema {
  readonly name: string;
  /** Key of the advisory lock under which it is migrated; any number, different for each schema. */
  readonly lockKey: number;
  /** Role the service works as; it may touch this schema and nothing else. */
  readonly role: string;
}
