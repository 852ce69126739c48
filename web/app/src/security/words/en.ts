// Texts about what one signs in with, where it is made, in English.
export const en = {
  "codes.label": "Your recovery codes",
  "codes.copy": "Copy",
  "codes.copied": "The codes are copied",
  "codes.download": "Download",
  "codes.print": "Print",
  "codes.file": "chancery-recovery-codes.txt",
  "codes.head": "Recovery codes of {name} for Chancery at {where}. Each works once.",
  "qr.label": "QR code for your authenticator app",
  "qr.typed": "Can't scan it? Type this key into the app:",
  "qr.open": "Open in the app on this device",
  "qr.copy": "Copy the key",
  "qr.copied": "The key is copied",
} as const;
