import { Frame, type Image, type StreamHint } from '@resmask/contracts/inference.v1';

/** What the service could do better with; 0 is no wish. */
export type ImageWish = Pick<StreamHint, 'maxSide' | 'jpegQuality'>;

/** Makes the image when its frame is about to be sent, so that frames that are skipped are never encoded. */
export type EncodeImage = (wish: ImageWish) => Image | Promise<Image>;

/** A frame to send: `frameId` above that of the one before, and its image or what encodes it; the rest has defaults. */
export type FrameInput = Partial<Omit<Frame, 'frameId' | 'image'>> & {
  readonly frameId: number;
  readonly image: Image | EncodeImage | undefined;
};

/** @throws what encoding the image throws */
export async function toFrame({ image, ...rest }: FrameInput, wish: ImageWish): Promise<Frame> {
  return Frame.fromPartial({ ...rest, image: typeof image === 'function' ? await image(wish) : image });
}
