"""The tutorial's notebook, transcribed line for line as far as Keras 3 allows: what Mimic is measured against.

Its waste is deliberate: one-hot arrays of everything, and a whole window through `predict` for each character.
Source: "Applied introduction to LSTMs for text generation", freeCodeCamp News, 2018.
"""

import keras
import numpy as np

MAXLEN = 40
STEP = 3


class Tutorial:
    """The notebook's variables: one text, its windows one-hot, and the network."""

    def __init__(self, text: str) -> None:
        self.chars = sorted(set(text))
        self.char_indices = {c: i for i, c in enumerate(self.chars)}
        self.indices_char = dict(enumerate(self.chars))
        self.x, self.y = self.vectorize(text)
        self.model = keras.Sequential(
            [
                keras.Input((MAXLEN, len(self.chars))),
                keras.layers.LSTM(128),
                keras.layers.Dense(len(self.chars)),
                keras.layers.Activation("softmax"),
            ]
        )
        self.model.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.RMSprop(learning_rate=0.01))

    def vectorize(self, text):
        """One-hot windows (N, 40, V) and next characters (N, V); windows with an unknown next character left out."""
        starts = [i for i in range(0, len(text) - MAXLEN, STEP) if text[i + MAXLEN] in self.char_indices]
        x = np.zeros((len(starts), MAXLEN, len(self.chars)), dtype=bool)
        y = np.zeros((len(starts), len(self.chars)), dtype=bool)
        for i, start in enumerate(starts):
            for t, char in enumerate(text[start : start + MAXLEN]):
                if char in self.char_indices:
                    x[i, t, self.char_indices[char]] = 1
            y[i, self.char_indices[text[start + MAXLEN]]] = 1
        return x, y

    def sample(self, preds, temperature):
        """Draw an index from the probabilities at a temperature: the notebook's helper."""
        preds = np.asarray(preds).astype("float64")
        preds = np.log(preds) / temperature
        exp_preds = np.exp(preds)
        preds = exp_preds / np.sum(exp_preds)
        return np.argmax(np.random.multinomial(1, preds, 1))

    def generate(self, seed: str, temperature: float, length: int = 400) -> str:
        """Its generation loop: every character sends a whole one-hot window through `predict`."""
        generated, sentence = "", seed[-MAXLEN:]
        for _ in range(length):
            x_pred = np.zeros((1, MAXLEN, len(self.chars)))
            for t, char in enumerate(sentence):
                if char in self.char_indices:
                    x_pred[0, t, self.char_indices[char]] = 1.0
            preds = self.model.predict(x_pred, verbose=0)[0]
            next_char = self.indices_char[self.sample(preds, temperature)]
            generated += next_char
            sentence = (sentence + next_char)[-MAXLEN:]
        return generated
