//! The door to libwebp, the only lossy encoder there is: pixels in, a file out. It never sees a stranger's bytes.
//! The one file with `unsafe` in this crate.

#![expect(
    unsafe_code,
    reason = "libwebp is C; every block says why it is sound, and nothing outside of this file needs one"
)]

use std::mem::MaybeUninit;
use std::ptr;

use image::RgbaImage;
use libwebp_sys as c;

use crate::MediaError;

/// Speed against size, 0 to 6: one step faster than libwebp's default.
const METHOD: i32 = 3;
/// Key frames of an animation at least this far apart, and at most.
const KEY_FRAMES: (i32, i32) = (9, 17);

/// A still picture.
pub(crate) fn still(pixels: &RgbaImage, quality: f32) -> Result<Vec<u8>, MediaError> {
    let config = config(quality)?;
    let mut picture = Picture::import(pixels)?;
    let mut writer = Writer::new();
    picture.0.writer = Some(c::WebPMemoryWrite);
    picture.0.custom_ptr = ptr::from_mut(&mut writer.0).cast();
    // SAFETY: both structs are initialised (`config`, `Picture::import`); `custom_ptr` points to the writer that
    // `WebPMemoryWrite` expects, and the writer outlives the call.
    let done = unsafe { c::WebPEncode(&raw const config, &raw mut picture.0) };
    if done == 0 {
        return Err(failed(&format!("{:?}", picture.0.error_code)));
    }
    Ok(writer.bytes().to_vec())
}

/// An animation that grows frame by frame; only what is encoded already is kept.
pub(crate) struct Animation {
    encoder: ptr::NonNull<c::WebPAnimEncoder>,
    config: c::WebPConfig,
    side: u32,
    clock_ms: i32,
}

impl Animation {
    /// Square frames, shown for ever in a loop.
    pub(crate) fn new(side: u32, quality: f32) -> Result<Self, MediaError> {
        let config = config(quality)?;
        let mut options = MaybeUninit::<c::WebPAnimEncoderOptions>::zeroed();
        // SAFETY: called before anything else touches the options, with the version this crate was built against.
        let fits = unsafe { c::WebPAnimEncoderOptionsInitInternal(options.as_mut_ptr(), abi()) };
        if fits == 0 {
            return Err(failed("another version of libwebp"));
        }
        // SAFETY: the call above has filled them in, as its answer says; every field is a plain number.
        let mut options = unsafe { options.assume_init() };
        (options.kmin, options.kmax) = KEY_FRAMES;
        let side_c = i32::try_from(side).map_err(|_| failed("too many pixels"))?;
        // SAFETY: the options are initialised; libwebp copies them.
        let encoder = unsafe { c::WebPAnimEncoderNewInternal(side_c, side_c, &raw const options, abi()) };
        let encoder = ptr::NonNull::new(encoder).ok_or_else(|| failed("no encoder"))?;
        Ok(Self {
            encoder,
            config,
            side,
            clock_ms: 0,
        })
    }

    /// Adds a frame that is shown this long.
    pub(crate) fn add(&mut self, pixels: &RgbaImage, delay_ms: u32) -> Result<(), MediaError> {
        // libwebp would refuse it as well; said here so that the rest need not be thought through.
        if (pixels.width(), pixels.height()) != (self.side, self.side) {
            return Err(failed("a frame of another size"));
        }
        let mut picture = Picture::import(pixels)?;
        // SAFETY: the encoder is alive until `drop`, the picture has the encoder's size and is not used by libwebp
        // after the call, and the config is initialised.
        let added = unsafe {
            c::WebPAnimEncoderAdd(
                self.encoder.as_ptr(),
                &raw mut picture.0,
                self.clock_ms,
                &raw const self.config,
            )
        };
        if added == 0 {
            return Err(failed(&format!("{:?}", picture.0.error_code)));
        }
        let delay = i32::try_from(delay_ms).unwrap_or(i32::MAX);
        self.clock_ms = self.clock_ms.saturating_add(delay);
        Ok(())
    }

    /// The file.
    pub(crate) fn finish(self) -> Result<Vec<u8>, MediaError> {
        // SAFETY: no picture means that there are no more; the time is the end of the last one.
        let ended = unsafe {
            c::WebPAnimEncoderAdd(self.encoder.as_ptr(), ptr::null_mut(), self.clock_ms, ptr::null())
        };
        if ended == 0 {
            return Err(failed("the animation has no end"));
        }
        let mut data = Assembled(c::WebPData {
            bytes: ptr::null(),
            size: 0,
        });
        // SAFETY: the encoder is alive; the data is empty and is freed by `Assembled`.
        let assembled = unsafe { c::WebPAnimEncoderAssemble(self.encoder.as_ptr(), &raw mut data.0) };
        if assembled == 0 {
            return Err(failed("the animation could not be assembled"));
        }
        Ok(data.bytes().to_vec())
    }
}

impl Drop for Animation {
    fn drop(&mut self) {
        // SAFETY: made by `WebPAnimEncoderNewInternal`, deleted here alone.
        unsafe { c::WebPAnimEncoderDelete(self.encoder.as_ptr()) };
    }
}

/// A picture in libwebp's memory.
struct Picture(c::WebPPicture);

impl Picture {
    fn import(pixels: &RgbaImage) -> Result<Self, MediaError> {
        let size = |side: u32| i32::try_from(side).map_err(|_| failed("too many pixels"));
        let (width, height) = (size(pixels.width())?, size(pixels.height())?);
        let stride = width.checked_mul(4).ok_or_else(|| failed("too many pixels"))?;
        let mut picture = c::WebPPicture::new().map_err(|()| failed("another version of libwebp"))?;
        picture.use_argb = 1;
        picture.width = width;
        picture.height = height;
        let mut picture = Self(picture);
        // SAFETY: an `RgbaImage` holds exactly width x height x 4 bytes, rows one after the other; libwebp copies them.
        let imported =
            unsafe { c::WebPPictureImportRGBA(&raw mut picture.0, pixels.as_raw().as_ptr(), stride) };
        if imported == 0 {
            return Err(failed("no memory"));
        }
        Ok(picture)
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        // SAFETY: initialised in `import`; freeing one without pixels does nothing.
        unsafe { c::WebPPictureFree(&raw mut self.0) };
    }
}

/// Memory that libwebp writes a file into.
struct Writer(c::WebPMemoryWriter);

impl Writer {
    fn new() -> Self {
        let mut writer = MaybeUninit::<c::WebPMemoryWriter>::zeroed();
        // SAFETY: this is how libwebp wants one to be made; it sets every field, all of them plain.
        Self(unsafe {
            c::WebPMemoryWriterInit(writer.as_mut_ptr());
            writer.assume_init()
        })
    }

    fn bytes(&self) -> &[u8] {
        if self.0.mem.is_null() {
            return &[];
        }
        // SAFETY: libwebp has written `size` bytes there; they live until `drop`.
        unsafe { std::slice::from_raw_parts(self.0.mem, self.0.size) }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // SAFETY: initialised in `new`; clearing an empty one does nothing.
        unsafe { c::WebPMemoryWriterClear(&raw mut self.0) };
    }
}

/// A file that libwebp has put together.
struct Assembled(c::WebPData);

impl Assembled {
    fn bytes(&self) -> &[u8] {
        if self.0.bytes.is_null() {
            return &[];
        }
        // SAFETY: libwebp has put `size` bytes there; they live until `drop`.
        unsafe { std::slice::from_raw_parts(self.0.bytes, self.0.size) }
    }
}

impl Drop for Assembled {
    fn drop(&mut self) {
        // SAFETY: memory of libwebp's own allocator, or null, which it takes as well.
        unsafe { c::WebPFree(self.0.bytes.cast_mut().cast()) };
    }
}

fn config(quality: f32) -> Result<c::WebPConfig, MediaError> {
    let mut config = c::WebPConfig::new().map_err(|()| failed("another version of libwebp"))?;
    config.lossless = 0;
    config.quality = quality.clamp(0.0, 100.0);
    // A rough picture may have rough edges: alpha is stored without loss otherwise, and can be the larger part.
    config.alpha_quality = if quality < 50.0 { 60 } else { 90 };
    config.method = METHOD;
    // SAFETY: initialised by `new`.
    if unsafe { c::WebPValidateConfig(&raw const config) } == 0 {
        return Err(failed("a setting is out of range"));
    }
    Ok(config)
}

fn abi() -> i32 {
    c::WebPGetMuxABIVersion()
}

fn failed(what: &str) -> MediaError {
    MediaError::Internal(format!("libwebp: {what}"))
}
