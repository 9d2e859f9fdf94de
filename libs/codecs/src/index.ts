export { annotateImage } from './annotate-image.js';
export { contactSheet } from './contact-sheet.js';
export { checkSize, decodeImage } from './decode-image.js';
export { encodePng } from './encode-png.js';
export type { DecodedImage, ImageLimits } from './image-limits.js';
