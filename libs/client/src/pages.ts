/** Every item of a paged list, page by page as they are asked for. */
export async function* allPages<Item>(
  readPage: (pageToken: string) => Promise<{ items: readonly Item[]; nextPageToken: string }>,
): AsyncGenerator<Item> {
  let token = '';
  do {
    const { items, nextPageToken } = await readPage(token);
    yield* items;
    token = nextPageToken;
  } while (token !== '');
}
