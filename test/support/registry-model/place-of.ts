/** The parts of a resource name below a namespace; what a name does not have is empty. */
export function placeOf(name: string): { readonly model: string; readonly version: number; readonly alias: string } {
  const [, , , model = '', collection = '', last = ''] = name.split('/');
  return {
    model,
    version: collection === 'versions' ? Number(last) : 0,
    alias: collection === 'aliases' ? last : '',
  };
}
