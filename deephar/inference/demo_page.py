"""The page of `deephar demo`, made of Gradio (`pip install "deephar[demo]"`).

Nothing is told to anybody: no analytics, no fonts or scripts from elsewhere.
"""
import contextlib
import functools
import os
import tempfile
from typing import Any, Iterator

from deephar.inference.demo import PEOPLE, TIMES, Demo, in_words

LOCAL, EVERYBODY = "127.0.0.1", "0.0.0.0"
WAITING = 16                    # requests that wait for their turn
FORGET_S = 3600                 # after which uploads are removed
FONT = ["system-ui", "sans-serif"]
# A browser that is told so asks nobody else for anything.
POLICY = b"default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:"


def import_gradio() -> Any:
    """The module, told to keep to itself before it is imported.

    Raises:
        ImportError: it is not installed; says how.
    """
    os.environ.update(GRADIO_ANALYTICS_ENABLED="False", HF_HUB_DISABLE_TELEMETRY="1",
                      HF_HUB_OFFLINE="1")
    try:
        import gradio
    except ImportError as error:
        raise ImportError('the demo page needs Gradio: pip install "deephar[demo]"'
                          ) from error
    return gradio


class KeepToYourself:
    """Middleware that sends the policy with every answer."""

    def __init__(self, app: Any):
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        async def with_policy(message):
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", ()), (b"content-security-policy", POLICY)]
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, with_policy)


def make_page(demo: Demo) -> Any:
    """The page as Gradio's blocks."""
    gr = import_gradio()
    error = functools.partial(gr.Error, print_exception=False)
    limits, names = demo.limits, list(demo.networks)

    def on_picture(name, path, azimuth):
        found = demo.picture(name, path, azimuth)
        return str(found.drawn), found.rows, str(found.json)

    def on_video(name, path, azimuth, progress):
        found = demo.video(name, path, azimuth, lambda done, total: progress(
            (done, total), desc="frames"))
        return str(found.drawn), found.rows, str(found.json)

    def video_with_progress(name, path, azimuth, progress=gr.Progress()):
        return in_words(on_video, error)(name, path, azimuth, progress)

    with gr.Blocks(title="deephar", analytics_enabled=False,
                   delete_cache=(FORGET_S, FORGET_S)) as page:
        gr.Markdown("# deephar\nPoses and actions of people. What you give stays on the "
                    "machine that runs this page, and is removed after an hour.")
        with gr.Row():
            model = gr.Dropdown(names, value=names[0], label="Network", elem_id="network",
                                scale=3)
            azimuth = gr.Slider(-180, 180, 35, step=5, label="3D view from (degrees)")
        for kind, function, headers in (("Picture", in_words(on_picture, error), PEOPLE),
                                        ("Video", video_with_progress, TIMES)):
            with gr.Tab(kind):
                _tab(gr, kind, function, headers, model, azimuth, limits)
    # One network call at a time: users wait for their turn.
    return page.queue(default_concurrency_limit=1, max_size=WAITING)


def _tab(gr, kind: str, function, headers, model, azimuth, limits) -> None:
    of = kind.lower()
    if kind == "Picture":
        note = f"up to {limits.megapixels:g} megapixels"
        given = gr.Image(type="filepath", sources=["upload", "webcam", "clipboard"],
                         label=f"Your picture, {note}", elem_id="given-picture", render=False)
        drawn = gr.Image(type="filepath", format="png", interactive=False, label="People",
                         buttons=["download", "fullscreen"], elem_id="drawn-picture",
                         render=False)
    else:
        note = f"up to {limits.seconds:g} seconds"
        given = gr.Video(sources=["upload", "webcam"], label=f"Your video, {note}",
                         elem_id="given-video", render=False)
        drawn = gr.Video(interactive=False, autoplay=True, loop=True, buttons=["download"],
                         label="People, and their actions over time below",
                         elem_id="drawn-video", render=False)
    with gr.Row():
        given.render()
        drawn.render()
    button = gr.Button("Find people", variant="primary", elem_id=f"find-{of}")
    people = gr.Dataframe(headers=list(headers), label="People", interactive=False,
                          elem_id=f"people-{of}")
    file = gr.DownloadButton("All numbers (JSON)", elem_id=f"json-{of}")
    button.click(function, [model, given, azimuth], [drawn, people, file],
                 concurrency_id="network", api_name=of)


@contextlib.contextmanager
def running(demo: Demo, *, port: int | None = None, on_network: bool = False
            ) -> Iterator[str]:
    """Serve the page while the block runs; gives its address.

    Args:
        on_network: let other machines in.
    """
    with tempfile.TemporaryDirectory(prefix="deephar-demo-") as uploads:
        os.environ["GRADIO_TEMP_DIR"] = uploads
        gr, page = import_gradio(), make_page(demo)
        from starlette.middleware import Middleware
        try:
            _, address, _ = page.launch(
                server_name=EVERYBODY if on_network else LOCAL, server_port=port,
                share=False, quiet=True, prevent_thread_lock=True, footer_links=[],
                run_history=False, max_file_size=f"{demo.limits.megabytes}mb",
                ssr_mode=False, app_kwargs={"middleware": [Middleware(KeepToYourself)]},
                theme=gr.themes.Default(font=FONT, font_mono=["monospace"]))
            yield address
        finally:
            page.close(verbose=False)
            demo.close()
