/** Options that make no sense together: the command ends with code 2, as for an option that does not exist. */
export class WrongUse extends Error {}
