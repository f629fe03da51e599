/** What `read` makes of each, in order; the next `most` are read while one is used. */
export async function* readAhead<Item, Result>(
  items: readonly Item[],
  { most, read }: { readonly most: number; readonly read: (item: Item) => Promise<Result> },
): AsyncGenerator<Result> {
  const ahead: Promise<Result>[] = [];
  for (const item of items) {
    const reading = read(item);
    // Told when its turn comes, or to nobody when that never does.
    reading.catch(() => undefined);
    ahead.push(reading);
    const first = ahead.length > most ? ahead.shift() : undefined;
    if (first !== undefined) yield await first;
  }
  for (const rest of ahead) yield await rest;
}
