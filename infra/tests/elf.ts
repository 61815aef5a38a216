/** As much of an ELF program as says what it runs on: a library, and a version of it, that it needs. */
export function elf({ machine = 183, library = 'libc.so.6', version = 'GLIBC_2.34' } = {}): Buffer {
  const strings = Buffer.from(`\0${library}\0${version}\0`);
  const dynamic = Buffer.alloc(32);
  dynamic.writeBigUInt64LE(1n, 0); // DT_NEEDED: the name at 1
  dynamic.writeBigUInt64LE(1n, 8);
  const needed = Buffer.alloc(32);
  needed.writeUInt16LE(1, 0);
  needed.writeUInt16LE(1, 2); // one version
  needed.writeUInt32LE(1, 4); // of the library whose name is at 1
  needed.writeUInt32LE(16, 8); // which is 16 bytes on
  needed.writeUInt32LE(library.length + 2, 24);
  const parts: [kind: number, content: Buffer][] = [[0, Buffer.alloc(0)], [3, strings], [6, dynamic], [0x6ffffffe, needed]];

  const header = Buffer.alloc(64);
  header.write('\x7fELF\x02\x01\x01', 'latin1');
  header.writeUInt16LE(machine, 18);
  header.writeUInt16LE(64, 58);
  header.writeUInt16LE(parts.length, 60);
  let offset = header.length;
  const sections = parts.map(([kind, content]) => {
    const section = Buffer.alloc(64);
    section.writeUInt32LE(kind, 4);
    section.writeBigUInt64LE(BigInt(offset), 24);
    section.writeBigUInt64LE(BigInt(content.length), 32);
    section.writeUInt32LE(1, 40); // the names are in the first section
    section.writeUInt32LE(1, 44); // one entry
    offset += content.length;
    return section;
  });
  header.writeBigUInt64LE(BigInt(offset), 40);
  return Buffer.concat([header, ...parts.map(([, content]) => content), ...sections]);
}
