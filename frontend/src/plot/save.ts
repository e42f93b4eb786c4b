/** Hands a file to the browser's downloads. */
export function saveBlob(filename: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  saveAddress(address, filename);
  setTimeout(() => URL.revokeObjectURL(address), 1_000);
}

/** The same with what lies at an address; its answer may say another name. */
export function saveAddress(address: string, filename: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = filename;
  link.click();
}

export function saveText(filename: string, text: string, type: string): void {
  saveBlob(filename, new Blob([text], { type: `${type};charset=utf-8` }));
}
