// Copy buttons, and one choice of language for all samples. The page is complete without this file.

for (const button of document.querySelectorAll('.copy')) {
  const code = button.closest('.sample').querySelector('code');
  button.hidden = false;
  button.setAttribute('aria-live', 'polite');
  button.addEventListener('click', async () => {
    button.textContent = await copy(code) ? 'Copied' : 'Press Ctrl+C';
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  });
}

// The clipboard is only open to pages over https or on localhost; elsewhere the text is selected for the reader.
async function copy(code) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    return true;
  } catch {
    getSelection().selectAllChildren(code);
    return document.execCommand('copy');
  }
}

const languages = [...document.querySelectorAll('[data-language]')];
for (const chosen of languages) {
  chosen.addEventListener('change', () => {
    const before = chosen.getBoundingClientRect().top;
    for (const other of languages) {
      if (other.dataset.language === chosen.dataset.language) other.checked = true;
    }
    // Samples above may have changed their height: keep what the reader looks at where it was.
    scrollBy({ top: chosen.getBoundingClientRect().top - before, behavior: 'instant' });
  });
}

// On a small screen the contents start closed, so that the page begins with its text.
if (matchMedia('(max-width: 63.99rem)').matches) {
  document.querySelector('.contents details').open = false;
}
