/** The pixels of a frame, in a size that the networks and the evidence need and no larger. */

/** Shorter side of what is looked at, pixels. Origin: a face of a fifth of it has 96 pixels, of which 80 are needed. */
const SHORTER_SIDE = 480;

export class PixelReader {
  private canvas: OffscreenCanvas | undefined;

  /** Reads an image, made smaller if it is larger than needed. */
  read(image: ImageBitmap | VideoFrame): ImageData {
    const { width, height } = sizeOf(image);
    const scale = Math.min(1, SHORTER_SIDE / Math.min(width, height));
    const context = this.context(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
    context.drawImage(image, 0, 0, context.canvas.width, context.canvas.height);
    return context.getImageData(0, 0, context.canvas.width, context.canvas.height);
  }

  /** Forgets the last image. */
  wipe(): void {
    this.canvas = undefined;
  }

  private context(width: number, height: number): OffscreenCanvasRenderingContext2D {
    if (this.canvas?.width !== width || this.canvas.height !== height) {
      this.canvas = new OffscreenCanvas(width, height);
    }
    // Read again and again: a canvas on the graphics processor would have to be fetched from there each time.
    const context = this.canvas.getContext('2d', { alpha: false, willReadFrequently: true });
    if (!context) throw new Error('this browser gives no 2D canvas to a worker');
    context.imageSmoothingQuality = 'medium';
    return context;
  }
}

function sizeOf(image: ImageBitmap | VideoFrame): { width: number; height: number } {
  if ('displayWidth' in image) return { width: image.displayWidth, height: image.displayHeight };
  return { width: image.width, height: image.height };
}
