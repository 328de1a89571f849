// Packs PNG files into an .ico (Windows) and an .icns (macOS). Both formats are containers that contain complete PNG files.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [from, to] = process.argv.slice(2);
const png = (size) => readFileSync(join(from, `${size}.png`));

writeFileSync(join(to, "icon.ico"), ico([16, 32, 48, 64, 256]));
writeFileSync(join(to, "icon.icns"), icns({ icp4: 16, ic11: 32, ic12: 64, ic07: 128, ic08: 256, ic09: 512 }));

function ico(sizes) {
  const images = sizes.map(png);
  const head = Buffer.alloc(6 + 16 * sizes.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(sizes.length, 4);
  let offset = head.length;
  sizes.forEach((size, index) => {
    const at = 6 + 16 * index;
    head.writeUInt8(size % 256, at);
    head.writeUInt8(size % 256, at + 1);
    head.writeUInt16LE(1, at + 4);
    head.writeUInt16LE(32, at + 6);
    head.writeUInt32LE(images[index].length, at + 8);
    head.writeUInt32LE(offset, at + 12);
    offset += images[index].length;
  });
  return Buffer.concat([head, ...images]);
}

function icns(kinds) {
  const chunk = (kind, body) => {
    const head = Buffer.alloc(8);
    head.write(kind, 0, "latin1");
    head.writeUInt32BE(8 + body.length, 4);
    return Buffer.concat([head, body]);
  };
  return chunk("icns", Buffer.concat(Object.entries(kinds).map(([kind, size]) => chunk(kind, png(size)))));
}
