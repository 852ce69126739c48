// What there is in dropped folders, one after the other: nothing of a file is read
// before it is its turn.

export interface Source {
  readonly name: string;
  /** As far as it is known beforehand. */
  readonly size: number;
  /** The folders that it is in, from the one that was dropped. */
  readonly path: readonly string[];
  /** absent: an empty folder, which is its path */
  readonly file?: () => Promise<File>;
}

async function* inside(
  folder: FileSystemDirectoryEntry,
): AsyncGenerator<FileSystemEntry> {
  const reader = folder.createReader();
  for (;;) {
    // A browser gives a hundred at a time.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return;
    yield* some;
  }
}

const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry =>
  entry.isDirectory;

export async function* sourcesOf(
  entries: Iterable<FileSystemEntry> | AsyncIterable<FileSystemEntry>,
  path: readonly string[] = [],
): AsyncGenerator<Source> {
  for await (const entry of entries) {
    const { name } = entry;
    if (!isFolder(entry)) {
      const file = () =>
        new Promise<File>((resolve, reject) =>
          (entry as FileSystemFileEntry).file(resolve, reject),
        );
      yield { name, size: 0, path, file };
      continue;
    }
    const below = [...path, name];
    let empty = true;
    for await (const source of sourcesOf(inside(entry), below)) {
      empty = false;
      yield source;
    }
    if (empty) yield { name, size: 0, path: below };
  }
}
